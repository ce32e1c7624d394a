-- The attempts of which an alert tells, of the last three days.
SELECT DISTINCT JSONExtractString(context_json, 'run_id') AS run_id
FROM meta.etl_alerts FINAL
WHERE ts > now64(6) - INTERVAL 3 DAY
