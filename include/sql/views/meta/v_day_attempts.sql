-- Each attempt under each Moscow day that it stands or falls for. Of a scheduled run that is its own day: the days that
-- it looks back to were loaded before.
CREATE OR REPLACE VIEW meta.v_day_attempts DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    job,
    arrayJoin(
        range(
            toUInt16(assumeNotNull(if(run_type = 'scheduled', to_date, from_date))),
            toUInt16(assumeNotNull(to_date)) + 1
        )
    )::Date AS day,
    status,
    err_msg,
    started_at,
    rows_written,
    log_url,
    dag_run_id
FROM meta.etl_runs FINAL
WHERE from_date IS NOT NULL
