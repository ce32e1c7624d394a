-- Builds the sales staging of some Moscow days, from the tickets and shows that one fetch landed.
-- Fresh rows, and in the same statement tombstones (_deleted = 1) for existing rows that have disappeared. A day of
-- QTickets is replaced as a whole. A ticket counts as sold on the day of payment, even if it is refunded later: the
-- refund counts on its own day, if that is at most refund_days after the day of payment. A cancelled ticket
-- (deleted_at) counts nowhere, neither its price nor its refund; nor does one in another currency.
INSERT INTO zakaz.stg_qtickets_sales
(
    report_date, event_date, event_id, event_name, show_id, city, utm_source, utm_campaign, source,
    tickets_sold, tickets_refunded, revenue, refunds_amount, currency, _ver, _deleted
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
        quantity AS tickets_sold,
        toUInt32(0) AS tickets_refunded,
        price * quantity AS revenue,
        toDecimal64(0, 2) AS refunds_amount,
        currency
    FROM tickets

    UNION ALL

    SELECT
        assumeNotNull(refunded_on) AS report_date,
        event_id,
        show_id,
        utm_source,
        utm_campaign,
        toUInt32(0) AS tickets_sold,
        quantity AS tickets_refunded,
        toDecimal64(0, 2) AS revenue,
        refunded_amount AS refunds_amount,
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
    'qtickets' AS source,
    sum(tickets_sold) AS tickets_sold,
    sum(tickets_refunded) AS tickets_refunded,
    sum(revenue) AS revenue,
    sum(refunds_amount) AS refunds_amount,
    max(currency) AS currency,
    {ver:UInt64} AS _ver,
    NOT max(is_fresh) AS _deleted
FROM (
    SELECT
        movements.report_date AS report_date,
        coalesce(shows.event_date, toDate(0)) AS event_date,
        movements.event_id AS event_id,
        coalesce(shows.event_name, '') AS event_name,
        movements.show_id AS show_id,
        coalesce(nullIf(trimBoth(shows.city), ''), 'unknown') AS city,
        movements.utm_source AS utm_source,
        movements.utm_campaign AS utm_campaign,
        movements.tickets_sold AS tickets_sold,
        movements.tickets_refunded AS tickets_refunded,
        movements.revenue AS revenue,
        movements.refunds_amount AS refunds_amount,
        movements.currency AS currency,
        TRUE AS is_fresh
    FROM movements
    LEFT JOIN shows ON movements.event_id = shows.event_id AND movements.show_id = shows.show_id
    WHERE movements.report_date BETWEEN {from_date:Date} AND {to_date:Date}

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
        FALSE AS is_fresh
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE source = 'qtickets' AND report_date BETWEEN {from_date:Date} AND {to_date:Date}
) AS united
GROUP BY report_date, event_date, event_id, show_id, city, utm_source, utm_campaign
