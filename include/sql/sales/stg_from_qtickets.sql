-- Builds the sales staging of some Moscow days, from the tickets and shows that one fetch landed.
-- Fresh rows, and in the same statement tombstones (_deleted = 1) for existing rows that have disappeared. A day of
-- an organiser is replaced as a whole. A ticket counts as sold on the day of payment, even if it is refunded later: the
-- refund counts on its own day, if that is at most refund_days after the day of payment. A cancelled ticket
-- (deleted_at) counts nowhere, neither its price nor its refund; nor does one in another currency.
INSERT INTO zakaz.stg_qtickets_sales
(
    report_date, event_date, event_id, event_name, show_id, city, utm_source, utm_campaign, source,
    tickets_sold, tickets_refunded, revenue, refunds_amount, discount_amount, service_fee_amount, refund_kept_amount,
    currency, breakdown, _ver, _deleted
)
WITH
shows AS (
    SELECT
        event_id,
        show_id,
        event_name,
        city,
        event_date
    FROM zakaz.raw_qtickets_shows FINAL
    WHERE fetch_id = {fetch_id:UUID}
),

tickets AS (
    SELECT
        *,
        toDate(payed_at, 'Europe/Moscow') AS payed_on,
        toDate(refunded_at, 'Europe/Moscow') AS refunded_on
    FROM zakaz.raw_qtickets_tickets FINAL
    WHERE fetch_id = {fetch_id:UUID} AND NOT cancelled AND currency = 'RUB'
),

-- Each ticket once on the day of payment, and once more on the day of the refund.
movements AS (
    SELECT
        payed_on AS report_date,
        event_id,
        show_id,
        utm_source,
        utm_campaign,
        (payed_on, utm_medium, utm_content, utm_term, promo_code_id, discount_id) AS tags_and_ids,
        quantity AS tickets_sold,
        toUInt32(0) AS tickets_refunded,
        price * quantity AS revenue,
        toDecimal64(0, 2) AS refunds_amount,
        discount * quantity AS discount_amount,
        service_fee * quantity AS service_fee_amount,
        toDecimal64(0, 2) AS refund_kept_amount,
        currency
    FROM tickets

    UNION ALL

    SELECT
        assumeNotNull(refunded_on) AS report_date,
        event_id,
        show_id,
        utm_source,
        utm_campaign,
        (payed_on, utm_medium, utm_content, utm_term, promo_code_id, discount_id) AS tags_and_ids,
        toUInt32(0) AS tickets_sold,
        quantity AS tickets_refunded,
        toDecimal64(0, 2) AS revenue,
        refunded_amount AS refunds_amount,
        toDecimal64(0, 2) AS discount_amount,
        toDecimal64(0, 2) AS service_fee_amount,
        refund_kept AS refund_kept_amount,
        currency
    FROM tickets
    WHERE refunded_on - payed_on <= {refund_days:UInt16}
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
            tags_and_ids.1, tags_and_ids.2, tags_and_ids.3, tags_and_ids.4, tags_and_ids.5, tags_and_ids.6,
            part.tickets_sold, part.tickets_refunded, part.revenue, part.refunds_amount
        ), is_fresh
    )) AS breakdown,
    {ver:UInt64} AS _ver,
    NOT max(is_fresh) AS _deleted
FROM (
    SELECT
        movements.report_date AS report_date,
        coalesce(shows.event_date, toDate(0)) AS event_date,
        movements.event_id AS event_id,
        coalesce(any(shows.event_name), '') AS event_name,
        movements.show_id AS show_id,
        coalesce(nullIf(trimBoth(shows.city), ''), 'unknown') AS city,
        movements.utm_source AS utm_source,
        movements.utm_campaign AS utm_campaign,
        movements.tags_and_ids AS tags_and_ids,
        sum(movements.tickets_sold) AS tickets_sold,
        sum(movements.tickets_refunded) AS tickets_refunded,
        sum(movements.revenue) AS revenue,
        sum(movements.refunds_amount) AS refunds_amount,
        sum(movements.discount_amount) AS discount_amount,
        sum(movements.service_fee_amount) AS service_fee_amount,
        sum(movements.refund_kept_amount) AS refund_kept_amount,
        max(movements.currency) AS currency,
        TRUE AS is_fresh
    FROM movements
    LEFT JOIN shows ON movements.event_id = shows.event_id AND movements.show_id = shows.show_id
    WHERE movements.report_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY report_date, event_date, event_id, show_id, city, utm_source, utm_campaign, tags_and_ids

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
        (toDate(0), '', '', '', 0, 0) AS tags_and_ids,
        0 AS tickets_sold,
        0 AS tickets_refunded,
        0 AS revenue,
        0 AS refunds_amount,
        0 AS discount_amount,
        0 AS service_fee_amount,
        0 AS refund_kept_amount,
        '' AS currency,
        FALSE AS is_fresh
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE source = {sales_source:String} AND report_date BETWEEN {from_date:Date} AND {to_date:Date}
) AS part
GROUP BY report_date, event_date, event_id, show_id, city, utm_source, utm_campaign
