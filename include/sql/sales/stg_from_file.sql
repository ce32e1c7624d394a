-- Builds the sales staging of the days in one file, from its landed lines.
-- Fresh rows, and in the same statement tombstones (_deleted = 1) for existing rows that have disappeared. A day of the
-- file's source is replaced as a whole; what other sources sold on it stays.
INSERT INTO zakaz.stg_qtickets_sales
(
    report_date, event_date, event_id, event_name, show_id, city, utm_source, utm_campaign, source,
    tickets_sold, tickets_refunded, revenue, refunds_amount, currency, _ver, _deleted
)
WITH
fresh AS (
    SELECT *
    FROM zakaz.raw_sales FINAL
    WHERE load_id = {load_id:UUID}
)

SELECT
    report_date,
    event_date,
    event_id,
    max(event_name) AS event_name,
    show_id,
    city,
    utm_source,
    utm_campaign,
    {sales_source:String} AS source,
    sum(tickets_sold) AS tickets_sold,
    sum(tickets_refunded) AS tickets_refunded,
    sum(revenue) AS revenue,
    sum(refunds_amount) AS refunds_amount,
    max(currency) AS currency,
    {ver:UInt64} AS _ver,
    NOT max(is_fresh) AS _deleted
FROM (
    SELECT
        report_date,
        event_date,
        event_id,
        event_name,
        show_id,
        city,
        utm_source,
        utm_campaign,
        tickets_sold,
        tickets_refunded,
        revenue,
        refunds_amount,
        currency,
        true AS is_fresh
    FROM fresh

    UNION ALL

    -- Existing rows contribute only their key.
    SELECT
        report_date,
        event_date,
        event_id,
        '' AS event_name,
        show_id,
        city,
        utm_source,
        utm_campaign,
        0 AS tickets_sold,
        0 AS tickets_refunded,
        0 AS revenue,
        0 AS refunds_amount,
        '' AS currency,
        false AS is_fresh
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE source = {sales_source:String} AND report_date IN (SELECT report_date FROM fresh)
) AS united
GROUP BY report_date, event_date, event_id, show_id, city, utm_source, utm_campaign
