-- Decides whether to send an alert, by its own history and that of its kind (severity, job, code).
-- Was this alert sent before, is its job muted, was one of its kind sent within the hour without a recovery since, and
-- how often did it occur before? A warning is of another kind than the critical alert that follows it. And the version
-- of this alert's row.
WITH
recovered AS (
    SELECT max(ts) AS recovered_at
    FROM meta.etl_alerts FINAL
    WHERE job = {job:String} AND code = 'RECOVERED' AND JSONExtractString(context_json, 'code') = {code:String}
),

same AS (
    SELECT
        alerts.ts AS ts,
        alerts.delivery AS delivery,
        alerts._ver AS version,
        alerts.alert_id = {alert_id:UUID} AS is_this,
        alerts.alert_id != {alert_id:UUID}
        AND alerts.severity = {severity:String}
        AND alerts.ts > recovered.recovered_at AS is_before
    FROM (
        SELECT
            alert_id,
            severity,
            ts,
            delivery,
            _ver
        FROM meta.etl_alerts FINAL
        WHERE job = {job:String} AND code = {code:String}
    ) AS alerts
    CROSS JOIN recovered
)

SELECT
    countIf(is_this AND delivery NOT IN ('pending', 'failed')) > 0 AS is_told,
    (
        SELECT count() > 0
        FROM meta.mutes FINAL
        WHERE job IN ({job:String}, 'all') AND until > now64(6)
    ) AS is_muted,
    countIf(
        is_before
        AND delivery IN ('sent', 'fallback', 'both', 'failed', 'pending')
        AND ts BETWEEN {ts:DateTime64(6, 'UTC')} - INTERVAL 1 HOUR AND {ts:DateTime64(6, 'UTC')} + INTERVAL 1 HOUR
    ) > 0 AS is_repeat,
    countIf(is_before) AS times_before,
    minOrNullIf(ts, is_before) AS first_at,
    maxIf(version, is_this) AS standing_version
FROM same
