-- The warnings of checks that have an alert: day and check.
SELECT DISTINCT
    JSONExtractString(finding, 'day') AS day,
    JSONExtractString(finding, 'check') AS check_name
FROM meta.etl_alerts FINAL
ARRAY JOIN JSONExtractArrayRaw(context_json, 'findings') AS finding
WHERE severity = 'warning'
