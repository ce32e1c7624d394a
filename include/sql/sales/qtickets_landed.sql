-- The sums of what one fetch landed, whatever its days, without what was cancelled: tickets, sold, refunded.
SELECT
    sum(quantity) AS tickets,
    sum(price * quantity) AS revenue,
    sum(refunded_amount) AS refunds
FROM zakaz.raw_qtickets_tickets FINAL
WHERE fetch_id = {fetch_id:UUID} AND NOT cancelled
