-- Builds the mart of ticket sales: by Moscow day of sale, day of show, city, event and source.
-- For the sale days from_date to to_date, both included: fresh rows, and in the same statement tombstones (_deleted =
-- 1) for existing rows that have disappeared. Idempotent.
INSERT INTO zakaz.dm_sales_daily
(
    sale_date, event_date, city, event_id, source, event_name, tickets_sold, tickets_refunded, revenue,
    refunds_amount, net_revenue, discount_amount, service_fee_amount, refund_kept_amount, _ver, _deleted
)
WITH (
    SELECT (groupArray(alias), groupArray(city))
    FROM zakaz.dim_city_alias FINAL
) AS known

SELECT
    sale_date,
    event_date,
    city,
    event_id,
    source,
    max(event_name) AS event_name,
    sum(tickets_sold) AS tickets_sold,
    sum(tickets_refunded) AS tickets_refunded,
    sum(revenue) AS revenue,
    sum(refunds_amount) AS refunds_amount,
    sum(united.revenue) - sum(united.refunds_amount) AS net_revenue,
    sum(discount_amount) AS discount_amount,
    sum(service_fee_amount) AS service_fee_amount,
    sum(refund_kept_amount) AS refund_kept_amount,
    {ver:UInt64} AS _ver,
    NOT max(is_fresh) AS _deleted
FROM (
    SELECT
        report_date AS sale_date,
        event_date,
        zakaz_city_of_sale(stg_qtickets_sales.city, known.1, known.2) AS city,
        event_id,
        source,
        event_name,
        tickets_sold,
        tickets_refunded,
        revenue,
        refunds_amount,
        discount_amount,
        service_fee_amount,
        refund_kept_amount,
        true AS is_fresh
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    -- Existing rows contribute only their key.
    SELECT
        sale_date,
        event_date,
        city,
        event_id,
        source,
        '' AS event_name,
        0 AS tickets_sold,
        0 AS tickets_refunded,
        0 AS revenue,
        0 AS refunds_amount,
        0 AS discount_amount,
        0 AS service_fee_amount,
        0 AS refund_kept_amount,
        false AS is_fresh
    FROM zakaz.dm_sales_daily FINAL
    WHERE sale_date BETWEEN {from_date:Date} AND {to_date:Date}
) AS united
GROUP BY sale_date, event_date, city, event_id, source
