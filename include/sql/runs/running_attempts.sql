-- The attempts recorded as running.
SELECT
    run_id,
    job,
    host,
    started_at
FROM meta.etl_runs FINAL
WHERE status = 'running'
ORDER BY started_at
