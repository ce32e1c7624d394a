-- The state of each Moscow day of a range for a job.
-- `good` after a good attempt, `red` if any task failed on it later, `running` if one is in progress, `none` without an
-- attempt.
WITH
wanted AS (
    SELECT arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day
),

good AS (
    SELECT
        day,
        last_started_at AS began_at,
        last_finished_at AS good_at
    FROM meta.v_good_days
    WHERE job = {job:String} AND day BETWEEN {from_date:Date} AND {to_date:Date}
),

tried AS (
    SELECT
        day,
        maxIf(started_at, status = 'error') AS red_at,
        maxIf(started_at, status = 'running') AS running_at,
        argMaxIf(err_msg, started_at, status = 'error') AS last_error
    FROM meta.v_day_attempts
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY day
)

SELECT
    wanted.day AS day,
    multiIf(
        tried.running_at > greatest(good.good_at, tried.red_at), 'running',
        tried.red_at > good.good_at, 'red',
        good.good_at > toDateTime64(0, 6, 'UTC'), 'good',
        'none'
    ) AS state,
    if(tried.red_at > good.good_at, tried.last_error, '') AS last_error,
    good.began_at AS good_since
FROM wanted
LEFT JOIN good ON wanted.day = good.day
LEFT JOIN tried ON wanted.day = tried.day
ORDER BY day
