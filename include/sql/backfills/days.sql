-- The outcome of each day of a backfill.
SELECT
    day,
    state,
    err_msg
FROM meta.backfills FINAL
WHERE backfill_id = {backfill_id:UUID}
ORDER BY day
