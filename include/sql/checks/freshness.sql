-- Each mart reaches the day, by the dates of its data and not by when a task ran.
-- vk_ads: freshness_vk
-- qtickets: freshness_sales
-- A day that the source confirmed to be empty counts as reached; of organisers, each that was asked. A day that is not
-- over doesn't count.
WITH
reached AS (
    SELECT stat_date AS day
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE {source:String} = 'vk_ads'

    UNION ALL

    SELECT sale_date AS day
    FROM zakaz.dm_sales_daily FINAL
    WHERE {source:String} = 'qtickets'

    UNION ALL

    SELECT day
    FROM meta.v_source_days
    WHERE startsWith(source, {source:String})
    GROUP BY day
    HAVING min(is_confirmed_zero)
),

newest AS (
    SELECT maxOrNull(day) AS newest_day
    FROM reached
    WHERE day < toDate(now('Europe/Moscow'))
)

SELECT
    arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day,
    if({source:String} = 'vk_ads', 'freshness_vk', 'freshness_sales') AS check_name,
    'STALE' AS code,
    'fail' AS severity,
    if({source:String} = 'vk_ads', 'dm_vk_ads_daily.stat_date', 'dm_sales_daily.sale_date') AS subject,
    concat('data up to ', toString(day), ' or later') AS expected,
    coalesce(concat('data up to ', toString(newest_day)), 'no data') AS found,
    coalesce(newest_day >= day, FALSE) AS passed
FROM newest
