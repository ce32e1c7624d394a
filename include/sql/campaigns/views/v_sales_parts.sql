-- The staged sales, part by part: by day of payment, all tags, promo code and discount.
-- A row that was loaded before these were kept is one part, and its tickets count as paid on its own day. So do the
-- refunds of files, which don't say when the ticket was sold.
CREATE OR REPLACE VIEW meta.v_sales_parts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    report_date,
    source,
    event_id,
    show_id,
    event_date,
    city,
    part.sold_on AS sold_on,
    utm_source,
    part.utm_medium AS utm_medium,
    utm_campaign,
    part.utm_content AS utm_content,
    part.utm_term AS utm_term,
    part.promo_code_id AS promo_code_id,
    part.discount_id AS discount_id,
    part.tickets_sold AS tickets_sold,
    part.tickets_refunded AS tickets_refunded,
    part.revenue AS revenue,
    part.refunds_amount AS refunds_amount
FROM zakaz.stg_qtickets_sales FINAL
ARRAY JOIN if(
    empty(breakdown),
    cast(
        [(report_date, '', '', '', 0, 0, tickets_sold, tickets_refunded, revenue, refunds_amount)],
        toTypeName(breakdown)
    ),
    breakdown
) AS part
