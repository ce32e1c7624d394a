-- The open incidents, newest first.
SELECT
    job,
    code,
    formatDateTime(opened_at, '%Y-%m-%d %H:%i', 'Europe/Moscow') AS since_msk,
    times,
    if(from_date = to_date, toString(from_date), concat(toString(from_date), ' – ', toString(to_date))) AS days,
    if(times_told > 0, 'told', 'not told') AS telegram,
    leftUTF8(last_error, 120) AS last_error
FROM meta.v_incidents
WHERE recovered_at IS NULL
ORDER BY opened_at DESC
