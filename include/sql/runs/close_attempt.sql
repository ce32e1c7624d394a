-- An attempt whose process is gone ends as an error. The version is the lowest after that of its last word: should the
-- attempt have said how it ended, and that row lies on another machine's disk, it wins when it comes.
INSERT INTO meta.etl_runs
(
    job, run_id, started_at, finished_at, status, rows_written, rows_read, err_msg, from_date, to_date,
    host, version_tag, dag_id, dag_run_id, run_type, try_number, log_url, _ver
)
SELECT
    job,
    run_id,
    started_at,
    now64(6) AS finished_at,
    'error' AS status,
    rows_written,
    rows_read,
    {err_msg:String} AS err_msg,
    from_date,
    to_date,
    host,
    version_tag,
    dag_id,
    dag_run_id,
    run_type,
    try_number,
    log_url,
    runs._ver + 1 AS _ver
FROM meta.etl_runs AS runs FINAL
WHERE run_id = {run_id:UUID} AND runs.status = 'running'
