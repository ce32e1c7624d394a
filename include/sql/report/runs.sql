-- The attempts that started since an instant.
SELECT
    job,
    status,
    from_date,
    to_date,
    rows_read,
    rows_written,
    round(dateDiff('millisecond', started_at, finished_at) / 1000, 1) AS seconds,
    leftUTF8(err_msg, 160) AS err_msg
FROM meta.etl_runs FINAL
WHERE started_at >= {since:DateTime64(6, 'UTC')}
ORDER BY started_at
