-- The expected days without a good run, each with its last state and error.
-- Always the day that is due, and up to days_back days before it, but none before the first good day.
WITH
zakaz_due_day({now:DateTime64(6, 'UTC')}) AS due_day,

good_days AS (
    SELECT
        groupUniqArray(day) AS days,
        minOrDefault(day) AS first_day
    FROM meta.v_good_days
    WHERE job = zakaz_last_stage()
),

expected AS (
    SELECT
        arrayJoin(range({days_back:UInt16})) AS offset,
        due_day - offset AS day
),

attempts AS (
    SELECT
        assumeNotNull(to_date) AS day,
        argMax(job, started_at) AS last_job,
        argMax(status, started_at) AS last_status,
        argMax(err_msg, started_at) AS last_error,
        max(started_at) AS last_started_at
    FROM meta.etl_runs FINAL
    WHERE to_date BETWEEN due_day - {days_back:UInt16} AND due_day
    GROUP BY to_date
)

SELECT
    expected.day AS day,
    attempts.last_job AS last_job,
    attempts.last_status AS last_status,
    attempts.last_error AS last_error,
    attempts.last_started_at AS last_started_at
FROM expected
CROSS JOIN good_days
LEFT JOIN attempts ON expected.day = attempts.day
WHERE
    NOT has(good_days.days, expected.day)
    AND (
        expected.offset = 0
        OR (notEmpty(good_days.days) AND expected.day > good_days.first_day)
    )
ORDER BY day DESC
