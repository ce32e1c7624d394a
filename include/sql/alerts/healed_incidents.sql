-- The open incidents whose days have all had a good run since.
-- For STALE of zakaz_etl a day is good when its last stage is; an incident of the watchdog is over as soon as the
-- registry can be read, and one of a backup, which works on no day, with the next good one.
WITH
troubles AS (
    SELECT
        alerts.job AS job,
        alerts.code AS code,
        alerts.ts AS ts,
        alerts.delivery AS delivery,
        incidents.opened_at AS opened_at,
        incidents.times AS times,
        incidents.is_quiet AS is_quiet,
        incidents.from_date AS from_date,
        incidents.to_date AS to_date,
        incidents.incident_id AS incident_id,
        if(alerts.job = 'zakaz_etl', zakaz_last_stage(), alerts.job) AS healer,
        arrayJoin(zakaz_days(alerts.from_date, alerts.to_date)) AS day
    FROM meta.etl_alerts AS alerts FINAL
    INNER JOIN meta.v_incidents AS incidents
        ON alerts.job = incidents.job AND alerts.code = incidents.code
    WHERE
        alerts.severity = 'critical'
        AND incidents.recovered_at IS NULL
        AND alerts.ts BETWEEN incidents.opened_at AND incidents.last_at
),

backups AS (
    SELECT
        job,
        max(assumeNotNull(finished_at)) AS last_finished_at
    FROM meta.etl_runs FINAL
    WHERE status = 'ok' AND from_date IS NULL
    GROUP BY job
)

SELECT
    troubles.job AS job,
    troubles.code AS code,
    any(troubles.incident_id) AS incident_id,
    any(troubles.opened_at) AS opened_at,
    any(troubles.times) AS times,
    any(troubles.is_quiet) AS is_quiet,
    max(troubles.delivery IN ('fallback', 'both')) AS was_by_fallback,
    any(troubles.from_date) AS from_date,
    any(troubles.to_date) AS to_date,
    if(
        troubles.job = 'watchdog', now64(6, 'UTC'),
        greatest(max(good_days.last_finished_at), max(backups.last_finished_at))
    ) AS healed_at
FROM troubles
LEFT JOIN meta.v_good_days AS good_days
    ON troubles.healer = good_days.job AND troubles.day = good_days.day
LEFT JOIN backups ON troubles.job = backups.job
GROUP BY troubles.job, troubles.code
HAVING
    troubles.job = 'watchdog'
    OR min(good_days.last_finished_at > troubles.ts)
    OR min(backups.last_finished_at > troubles.ts)
ORDER BY job, code
