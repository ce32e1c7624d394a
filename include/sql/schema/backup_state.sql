-- How a BACKUP or RESTORE stands.
SELECT
    status,
    error,
    total_size
FROM system.backups
WHERE id = {operation:String}
