-- The mart reaches the day, by the date of its data and not by when a task ran; a day that the source said twice was
-- empty counts as reached. A day that is not over is no data, whoever wrote it.
WITH newest AS (
    SELECT maxOrNull(day) AS newest_day
    FROM (
        SELECT stat_date AS day
        FROM zakaz.dm_vk_ads_daily FINAL

        UNION ALL

        SELECT day
        FROM meta.source_totals FINAL
        WHERE source = 'vk_ads'
        GROUP BY day
        HAVING countIf(state != 'CONFIRMED_ZERO') = 0
    ) AS days
    WHERE day < toDate(now('Europe/Moscow'))
)

SELECT
    'STALE' AS code,
    'fail' AS severity,
    'dm_vk_ads_daily.stat_date' AS subject,
    concat('data up to ', toString({day:Date}), ' or later') AS expected,
    coalesce(concat('data up to ', toString(newest_day)), 'no data') AS found,
    coalesce(newest_day >= {day:Date}, FALSE) AS passed
FROM newest
