-- The jobs that are muted now.
SELECT
    job,
    formatDateTime(until, '%Y-%m-%d %H:%i', 'Europe/Moscow') AS until_msk,
    reason,
    who
FROM meta.mutes FINAL
WHERE until > now64(6)
ORDER BY job
