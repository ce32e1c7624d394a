-- The newest good backup: its name. One that Airflow makes is named after the instant when its attempt began.
SELECT if(dag_id = '', dag_run_id, formatDateTime(started_at, 'zakaz-%Y%m%d-%H%i%S')) AS name
FROM meta.etl_runs FINAL
WHERE job = 'backup' AND status = 'ok'
ORDER BY started_at DESC
LIMIT 1
