-- Repeated alerts not yet notified, summed up by kind.
-- A summary is due after ten quiet minutes, or after an hour at the latest. Repeats of a muted job wait until the mute
-- ends.
WITH
active_mutes AS (
    SELECT groupArray(job) AS jobs
    FROM meta.mutes FINAL
    WHERE until > now64(6)
)

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
CROSS JOIN active_mutes
WHERE
    delivery = 'repeat'
    AND NOT hasAny(active_mutes.jobs, [job, 'all'])
GROUP BY severity, job, code
HAVING last_at < now64(6) - INTERVAL 10 MINUTE OR first_at < now64(6) - INTERVAL 1 HOUR
ORDER BY job, code, severity
