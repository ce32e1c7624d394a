-- What the sources changed about Moscow days after they were loaded, newest first, at most 20 changes for each day.
SELECT
    toString(day) AS d,
    formatDateTime(loaded_at, '%d.%m %H:%i', 'Europe/Moscow') AS at,
    source,
    field,
    toFloat64(before) AS was,
    toFloat64(after) AS became
FROM meta.restatements FINAL
WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
ORDER BY day ASC, loaded_at DESC, source ASC, field ASC
LIMIT 20 BY day
