-- The mart reaches the day, by the date of its data and not by when a task ran; a day that the source said twice was
-- empty counts as reached. A day that is not over is no data, whoever wrote it.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

reached AS (
    SELECT sale_date AS day
    FROM zakaz.dm_sales_daily FINAL

    UNION ALL

    SELECT day
    FROM meta.source_totals FINAL
    WHERE source = 'qtickets'
    GROUP BY day
    HAVING countIf(state != 'CONFIRMED_ZERO') = 0
),

newest AS (
    SELECT maxOrNull(day) AS newest_day
    FROM reached
    WHERE day < toDate(now('Europe/Moscow'))
)

SELECT
    days.day AS day,
    'STALE' AS code,
    'fail' AS severity,
    'dm_sales_daily.sale_date' AS subject,
    concat('data up to ', toString(days.day), ' or later') AS expected,
    coalesce(concat('data up to ', toString(newest.newest_day)), 'no data') AS found,
    coalesce(newest.newest_day >= days.day, FALSE) AS passed
FROM days
CROSS JOIN newest
