-- Incidents: the critical alerts of a job and code, from the first one to the RECOVERED that closes them.
-- An incident without a recovered_at is open.
CREATE OR REPLACE VIEW meta.v_incidents DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
alerts AS (
    SELECT
        *,
        job AS alert_job,
        code AS alert_code
    FROM meta.etl_alerts FINAL
    WHERE severity = 'critical'
),

recoveries AS (
    SELECT
        job,
        JSONExtractString(context_json, 'code') AS recovered_code,
        ts AS recovered_at
    FROM meta.etl_alerts FINAL
    WHERE code = 'RECOVERED'
)

SELECT
    alerts.alert_job AS job,
    alerts.alert_code AS code,
    nullIf(recoveries.recovered_at, toDateTime64(0, 6, 'UTC')) AS recovered_at,
    min(alerts.ts) AS opened_at,
    max(alerts.ts) AS last_at,
    count() AS times,
    maxIf(alerts.ts, alerts.delivery IN ('sent', 'fallback', 'both')) AS last_sent_at,
    countIf(alerts.delivery IN ('sent', 'fallback', 'both', 'summed')) AS times_told,
    countIf(alerts.delivery IN ('muted', 'no_connection')) = times AS is_quiet,
    min(alerts.from_date) AS from_date,
    max(alerts.to_date) AS to_date,
    argMax(JSONExtractString(alerts.context_json, 'error'), alerts.ts) AS last_error,
    argMin(alerts.alert_id, alerts.ts) AS incident_id
FROM alerts
ASOF LEFT JOIN recoveries
    ON
        alerts.alert_job = recoveries.job
        AND alerts.alert_code = recoveries.recovered_code
        AND alerts.ts <= recoveries.recovered_at
GROUP BY alerts.alert_job, alerts.alert_code, recoveries.recovered_at
