-- The attempts of the last three days that are in the registry or have an alert.
SELECT toString(run_id) AS run_id
FROM meta.etl_runs FINAL
WHERE started_at > now64(6) - INTERVAL 3 DAY
UNION DISTINCT
SELECT JSONExtractString(context_json, 'run_id') AS run_id
FROM meta.etl_alerts FINAL
WHERE ts > now64(6) - INTERVAL 3 DAY
