-- The history of attempts, one row each; times in Moscow time.
CREATE OR REPLACE VIEW bi.v_etl_runs DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toTimeZone(started_at, 'Europe/Moscow') AS started_at,
    toTimeZone(finished_at, 'Europe/Moscow') AS finished_at,
    job,
    zakaz_job_ru(job) AS job_ru,
    status,
    zakaz_light_emoji(transform(status, ['ok', 'running', 'error'], ['green', 'yellow', 'red'], '')) AS emoji,
    from_date,
    to_date,
    round(dateDiff('millisecond', runs.started_at, runs.finished_at) / 1000, 1) AS duration_seconds,
    rows_read,
    rows_written,
    err_msg AS error,
    run_type,
    try_number,
    dag_run_id,
    log_url,
    host,
    version_tag
FROM meta.etl_runs AS runs FINAL
