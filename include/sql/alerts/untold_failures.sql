-- The failed attempts of the last two days that nobody was told of.
-- No callback ran for them (a killed process, "mark failed" in the UI), or it did not get far. Those that Airflow may
-- still repeat have that much time to be repeated, unless Airflow says that it will not; and of those for which a later
-- attempt stands, that one tells.
WITH
attempts AS (
    SELECT
        *,
        -- Days before a scheduled run's own were loaded by earlier runs.
        if(run_type = 'scheduled', to_date, from_date) AS first_own_date
    FROM meta.etl_runs FINAL
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

told AS (
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
    AND toString(run_id) NOT IN (SELECT told.run_id FROM told)
    AND run_id NOT IN (SELECT repeated.run_id FROM repeated)
    AND (
        finished_at < now64(6) - toIntervalSecond({patience:UInt32})
        OR has(splitByChar(',', {given_up:String}), toString(run_id))
    )
ORDER BY started_at
