-- Whether a refund moved updated_at of its order, among all refunded tickets that were ever landed.
-- One that did not is named: then older orders can't be asked for by updated_at.
SELECT
    countIf(updated_at >= toStartOfSecond(refunded_at)) > 0 AS is_seen,
    minIf(order_id, updated_at < toStartOfSecond(refunded_at)) AS contradicting_order
FROM zakaz.raw_qtickets_tickets
WHERE NOT cancelled AND refunded_at IS NOT NULL AND updated_at IS NOT NULL
