-- Attempts, one row per Moscow day that the attempt is responsible for.
-- A scheduled run is responsible only for its own day: the days that it looks back to were loaded before.
CREATE OR REPLACE VIEW meta.v_day_attempts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    job,
    arrayJoin(
        zakaz_days(
            assumeNotNull(if(run_type = 'scheduled', to_date, from_date)),
            assumeNotNull(to_date)
        )
    ) AS day,
    status,
    err_msg,
    started_at,
    rows_written,
    log_url,
    dag_run_id
FROM meta.etl_runs FINAL
WHERE from_date IS NOT NULL
