-- The expected days without a good run (zakaz_missing_days), newest first, each with the last attempt on it.
-- Late is a day that the scheduler still makes up by itself, a hole one that it doesn't. A hole is news unless people
-- were told of its day, as a hole or while it was late, or a backfill is about to do it.
WITH
missing AS (
    SELECT arrayJoin(zakaz_missing_days(groupUniqArray(day), {now:DateTime64(6, 'UTC')})) AS day
    FROM meta.v_good_days
    WHERE job = zakaz_last_stage()
),

attempts AS (
    SELECT
        day,
        argMax(job, started_at) AS last_job,
        argMax(status, started_at) AS last_status,
        argMax(err_msg, started_at) AS last_error,
        max(started_at) AS last_started_at
    FROM meta.v_day_attempts
    GROUP BY day
),

told AS (
    SELECT groupUniqArrayArray(zakaz_days(from_date, to_date)) AS days
    FROM meta.etl_alerts FINAL
    WHERE job = 'zakaz_etl' AND code IN ('HOLES', 'STALE') AND delivery NOT IN ('pending', 'failed')
),

planned AS (
    SELECT groupUniqArray(ledger.day) AS days
    FROM meta.backfills AS ledger FINAL
    INNER JOIN meta.v_backfills AS entries ON ledger.backfill_id = entries.backfill_id
    WHERE ledger.state = 'planned' AND entries.backfill_state = 'running'
)

SELECT
    missing.day AS day,
    attempts.last_job AS last_job,
    attempts.last_status AS last_status,
    attempts.last_error AS last_error,
    attempts.last_started_at AS last_started_at,
    zakaz_due_day({now:DateTime64(6, 'UTC')}) - missing.day < {catchup_days:UInt32} AS is_late,
    NOT is_late AND NOT has(told.days, missing.day) AND NOT has(planned.days, missing.day) AS is_news
FROM missing
CROSS JOIN told
CROSS JOIN planned
LEFT JOIN attempts ON missing.day = attempts.day
ORDER BY day DESC
