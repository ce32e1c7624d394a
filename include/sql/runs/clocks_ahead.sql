-- The machines that have dated attempts into the future, if there are any.
-- Such an attempt stays the last word about its days until that time has come.
SELECT
    'clock' AS job,
    concat('Часы ', host) AS subject,
    'yellow' AS light,
    concat(
        'спешили: попыток с временем из будущего ', toString(count()), ', до ',
        formatDateTime(max(dated_at), '%d.%m.%Y %H:%i', 'Europe/Moscow')
    ) AS reason,
    '' AS last_error,
    max(dated_at) AS last_good_at
FROM (
    SELECT
        host,
        greatest(started_at, coalesce(finished_at, started_at)) AS dated_at
    FROM meta.etl_runs FINAL
    WHERE dated_at > now64(6) + INTERVAL 1 HOUR
) AS ahead
GROUP BY host
ORDER BY host
