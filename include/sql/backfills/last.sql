-- The last backfill of these days and this stage, and whether it finished.
SELECT
    backfill_id,
    began_at,
    backfill_state IN ('running', 'stopped') AS is_unfinished
FROM meta.v_backfills
WHERE first_day = {from_date:Date} AND last_day = {to_date:Date} AND task = {stage:String}
ORDER BY began_at DESC
LIMIT 1
