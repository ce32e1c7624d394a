-- The state of a BACKUP or RESTORE.
SELECT
    status,
    error,
    total_size
FROM system.backups
WHERE id = {operation:String}
