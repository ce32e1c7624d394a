-- The failed attempts of the last two days without an alert.
-- Their callback did not run (a killed process, "mark failed" in the UI) or did not finish. Attempts that Airflow may
-- still retry are given time for it, unless Airflow says that it won't; if there is a later attempt, only that one is
-- reported. A backup works on no day: it counts for the one on which it began.
WITH
attempts AS (
    SELECT
        * EXCEPT (from_date, to_date),
        coalesce(runs.from_date, toDate(started_at, 'Europe/Moscow')) AS from_date,
        coalesce(runs.to_date, toDate(started_at, 'Europe/Moscow')) AS to_date,
        -- The days before a scheduled run's own day were loaded by earlier runs.
        if(run_type = 'scheduled', to_date, from_date) AS first_own_date
    FROM meta.etl_runs AS runs FINAL
    WHERE started_at > now64(6) - INTERVAL 2 DAY
),

repeated AS (
    SELECT DISTINCT failed.run_id AS run_id
    FROM attempts AS failed
    INNER JOIN attempts AS later ON failed.job = later.job
    WHERE
        failed.status = 'error'
        AND later.started_at > failed.started_at
        AND later.from_date <= failed.first_own_date
        AND later.to_date >= failed.to_date
),

alerted AS (
    SELECT DISTINCT JSONExtractString(context_json, 'run_id') AS run_id
    FROM meta.etl_alerts FINAL
    WHERE ts > now64(6) - INTERVAL 3 DAY
)

SELECT
    err_msg,
    from_date,
    to_date,
    assumeNotNull(finished_at) AS failed_at,
    dag_id,
    dag_run_id,
    run_type,
    job,
    try_number,
    log_url,
    started_at,
    run_id
FROM attempts
WHERE
    status = 'error'
    AND toString(run_id) NOT IN (SELECT alerted.run_id FROM alerted)
    AND run_id NOT IN (SELECT repeated.run_id FROM repeated)
    AND (
        finished_at < now64(6) - toIntervalSecond({patience:UInt32})
        OR has(splitByChar(',', {given_up:String}), toString(run_id))
    )
ORDER BY started_at
