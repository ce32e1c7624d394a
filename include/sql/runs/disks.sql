-- The disks of the warehouse, with what is free on each; of the embedded engine, that of its folder.
-- What is elsewhere, such as a bucket, has no end that could be known.
SELECT
    'disk' AS job,
    concat('Диск ', name) AS subject,
    if(100 * free_space < {disk_free_percent:UInt8} * total_space, 'red', 'green') AS light,
    concat(
        'свободно ', toString(round(100 * free_space / total_space)), ' %: ',
        formatReadableSize(free_space), ' из ', formatReadableSize(total_space)
    ) AS reason,
    path AS last_error,
    toDateTime64(0, 6, 'UTC') AS last_good_at
FROM system.disks
WHERE NOT is_remote AND total_space > 0
ORDER BY name
