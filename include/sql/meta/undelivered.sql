-- Alerts of the last two days that nobody got: Telegram was away, the process died before it sent them, or their job
-- was muted and is not any more while the trouble goes on. What is younger than two minutes may still be on its way.
WITH
active_mutes AS (
    SELECT job
    FROM meta.mutes FINAL
    WHERE until > now64(6)
),

open_incidents AS (
    SELECT
        job,
        code,
        opened_at
    FROM meta.v_incidents
    WHERE recovered_at IS NULL
)

SELECT
    alerts.alert_id AS alert_id,
    alerts.ts AS ts,
    alerts.severity AS severity,
    alerts.job AS job,
    alerts.code AS code,
    alerts.message AS message
FROM meta.etl_alerts AS alerts FINAL
LEFT JOIN open_incidents ON alerts.job = open_incidents.job AND alerts.code = open_incidents.code
WHERE
    alerts.ts > now64(6) - INTERVAL 2 DAY
    AND alerts.job NOT IN (SELECT job FROM active_mutes)
    AND 'all' NOT IN (SELECT job FROM active_mutes)
    AND fromUnixTimestamp64Micro(alerts._ver, 'UTC') < now64(6) - INTERVAL 2 MINUTE
    AND (
        alerts.delivery IN ('pending', 'failed')
        OR (alerts.delivery = 'muted' AND open_incidents.code != '' AND alerts.ts >= open_incidents.opened_at)
    )
ORDER BY alerts.ts
