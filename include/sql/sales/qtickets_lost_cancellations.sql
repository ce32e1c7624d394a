-- Which tickets that one fetch found cancelled still count on their day of sale, since that day was last built before.
-- A day was built from what its last total's fetch has landed; the days of this fetch are built from its own.
SELECT DISTINCT tickets.basket_id AS basket_id
FROM zakaz.raw_qtickets_tickets AS tickets
INNER JOIN meta.source_totals AS totals FINAL ON tickets.fetch_id = totals.fetch_id
WHERE
    totals.source = {sales_source:String}
    AND totals.day = toDate(tickets.payed_at, 'Europe/Moscow')
    AND NOT tickets.cancelled
    AND tickets.currency = 'RUB'
    AND tickets.basket_id IN (
        SELECT basket_id FROM zakaz.raw_qtickets_tickets
        WHERE fetch_id = {fetch_id:UUID} AND cancelled
    )
