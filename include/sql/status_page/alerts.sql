-- The last alerts, newest first.
SELECT
    formatDateTime(ts, '%d.%m %H:%i', 'Europe/Moscow') AS at,
    severity,
    zakaz_job_ru(job) AS job_ru,
    code,
    leftUTF8(message, 2000) AS text,
    delivery
FROM meta.etl_alerts FINAL
ORDER BY ts DESC
LIMIT {alerts:UInt16}
