-- Undelivered alerts that should still be sent.
-- Telegram was unreachable, the process died before sending, or their job was muted and no longer is. Of any age if
-- their incident is open; otherwise of the last two days, and warnings from a mute that ended within them. A muted
-- failure that has recovered since is not sent. Alerts younger than two minutes may still be in delivery, but not those
-- of a clock that is further ahead.
WITH
mutes AS (
    SELECT
        groupArrayIf(job, until > now64(6)) AS active,
        groupArray(job) AS recent
    FROM meta.mutes FINAL
    WHERE until > now64(6) - INTERVAL 2 DAY
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
CROSS JOIN mutes
LEFT JOIN open_incidents ON alerts.job = open_incidents.job AND alerts.code = open_incidents.code
WHERE
    NOT hasAny(mutes.active, [alerts.job, 'all'])
    AND abs(toUnixTimestamp64Micro(now64(6)) - toInt64(alerts._ver)) > 120000000
    AND multiIf(
        alerts.severity = 'critical' AND open_incidents.code != '' AND alerts.ts >= open_incidents.opened_at,
        alerts.delivery IN ('pending', 'failed', 'muted'),
        alerts.delivery = 'muted',
        alerts.severity = 'warning'
        AND (alerts.ts > now64(6) - INTERVAL 2 DAY OR hasAny(mutes.recent, [alerts.job, 'all'])),
        alerts.delivery IN ('pending', 'failed') AND alerts.ts > now64(6) - INTERVAL 2 DAY
    )
ORDER BY alerts.ts
