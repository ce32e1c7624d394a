-- Records QTickets' total of each day of one fetch in the source totals: its revenue, or that it is empty.
INSERT INTO meta.source_totals
(day, source, account_id, state, impressions, clicks, amount, fetch_id, fetched_at, _ver)
WITH
tickets AS (
    SELECT
        toDate(payed_at, 'Europe/Moscow') AS payed_on,
        toDate(refunded_at, 'Europe/Moscow') AS refunded_on,
        price * quantity AS revenue
    FROM zakaz.raw_qtickets_tickets FINAL
    WHERE fetch_id = {fetch_id:UUID} AND NOT cancelled
)

SELECT
    day,
    'qtickets' AS source,
    0 AS account_id,
    if(sum(movements) > 0, 'FIGURES', {state_of_nothing:String}) AS state,
    0 AS impressions,
    0 AS clicks,
    sum(revenue) AS amount,
    {fetch_id:UUID} AS fetch_id,
    now64(6) AS fetched_at,
    {ver:UInt64} AS _ver
FROM (
    SELECT
        payed_on AS day,
        revenue,
        1 AS movements
    FROM tickets

    UNION ALL

    SELECT
        assumeNotNull(refunded_on) AS day,
        0 AS revenue,
        1 AS movements
    FROM tickets
    WHERE refunded_on IS NOT NULL

    UNION ALL

    SELECT
        arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day,
        0 AS revenue,
        0 AS movements
) AS days
WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
GROUP BY day
