-- Repeats that nobody was told of yet, as sums: once it is quiet for ten minutes, or after an hour at the latest.
SELECT
    severity,
    job,
    code,
    count() AS times,
    min(ts) AS first_at,
    max(ts) AS last_at,
    min(from_date) AS from_date,
    max(to_date) AS to_date,
    argMax(JSONExtractString(context_json, 'error'), ts) AS last_error
FROM meta.etl_alerts FINAL
WHERE delivery = 'repeat'
GROUP BY
    severity,
    job,
    code
HAVING last_at < now64(6) - INTERVAL 10 MINUTE OR first_at < now64(6) - INTERVAL 1 HOUR
ORDER BY
    job,
    code,
    severity
