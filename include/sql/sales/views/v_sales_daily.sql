-- The mart of ticket sales, for dashboards.
CREATE OR REPLACE VIEW bi.v_sales_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    sale_date AS d,
    event_date,
    city,
    event_id,
    event_name,
    tickets_sold,
    revenue,
    refunds_amount,
    net_revenue,
    source,
    tickets_refunded,
    toInt64(tickets_sold) - tickets_refunded AS net_tickets,
    discount_amount,
    service_fee_amount,
    refund_kept_amount
FROM zakaz.dm_sales_daily FINAL
