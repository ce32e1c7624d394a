-- The attempts that are said to be running.
SELECT
    run_id,
    host,
    started_at
FROM meta.etl_runs FINAL
WHERE status = 'running'
ORDER BY started_at
