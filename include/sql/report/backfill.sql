-- The days of a backfill that are not ok, and those whose figures changed.
SELECT
    day,
    state,
    spend_before,
    spend_after,
    clicks_before,
    clicks_after,
    revenue_before,
    revenue_after,
    tickets_before,
    tickets_after,
    leftUTF8(err_msg, 120) AS error
FROM meta.backfills FINAL
WHERE
    backfill_id = {backfill_id:UUID}
    AND (
        state != 'ok'
        OR spend_after != spend_before
        OR clicks_after != clicks_before
        OR revenue_after != revenue_before
        OR tickets_after != tickets_before
    )
ORDER BY day
