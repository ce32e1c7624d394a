-- Builds the sales staging of the days in one file, from its landed lines.
-- Fresh rows, and in the same statement tombstones (_deleted = 1) for existing rows that have disappeared. A day of the
-- file's source is replaced as a whole; what other sources sold on it stays.
INSERT INTO zakaz.stg_qtickets_sales
(
    report_date, event_date, event_id, event_name, show_id, city, utm_source, utm_campaign, source,
    tickets_sold, tickets_refunded, revenue, refunds_amount, discount_amount, service_fee_amount, refund_kept_amount,
    currency, breakdown, _ver, _deleted
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
    sum(part.tickets_sold) AS tickets_sold,
    sum(part.tickets_refunded) AS tickets_refunded,
    sum(part.revenue) AS revenue,
    sum(part.refunds_amount) AS refunds_amount,
    sum(part.discount_amount) AS discount_amount,
    sum(part.service_fee_amount) AS service_fee_amount,
    sum(part.refund_kept_amount) AS refund_kept_amount,
    max(currency) AS currency,
    arraySort(groupArrayIf(
        (
            report_date, utm_medium, utm_content, utm_term, promo_code_id, discount_id,
            part.tickets_sold, part.tickets_refunded, part.revenue, part.refunds_amount
        ), is_fresh
    )) AS breakdown,
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
        utm_medium,
        utm_content,
        utm_term,
        promo_code_id,
        discount_id,
        tickets_sold,
        tickets_refunded,
        revenue,
        refunds_amount,
        discount_amount,
        service_fee_amount,
        refund_kept_amount,
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
        '' AS utm_medium,
        '' AS utm_content,
        '' AS utm_term,
        0 AS promo_code_id,
        0 AS discount_id,
        0 AS tickets_sold,
        0 AS tickets_refunded,
        0 AS revenue,
        0 AS refunds_amount,
        0 AS discount_amount,
        0 AS service_fee_amount,
        0 AS refund_kept_amount,
        '' AS currency,
        false AS is_fresh
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE source = {sales_source:String} AND report_date IN (SELECT report_date FROM fresh)
) AS part
GROUP BY report_date, event_date, event_id, show_id, city, utm_source, utm_campaign
