-- Spend, revenue and refunds are never negative.
-- vk_ads: negative_spend
-- qtickets: negative_revenue
-- Revenue and refunds are both stored as positive sums. Net revenue may be negative: refunds count on their own day.
WITH
sums AS (
    SELECT
        stat_date AS day,
        spend AS lowest
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE {source:String} = 'vk_ads' AND stat_date BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    SELECT
        sale_date AS day,
        least(revenue, refunds_amount) AS lowest
    FROM zakaz.dm_sales_daily FINAL
    WHERE {source:String} = 'qtickets' AND sale_date BETWEEN {from_date:Date} AND {to_date:Date}
),

-- For a day without rows the join yields zeros.
days AS (
    SELECT
        asked.day AS day,
        countIf(sums.lowest < 0) AS negative_rows,
        min(sums.lowest) AS lowest_of_day
    FROM (SELECT arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day) AS asked
    LEFT JOIN sums ON asked.day = sums.day
    GROUP BY asked.day
)

SELECT
    day,
    if({source:String} = 'vk_ads', 'negative_spend', 'negative_revenue') AS check_name,
    'ANOMALY' AS code,
    'fail' AS severity,
    if({source:String} = 'vk_ads', 'dm_vk_ads_daily.spend', 'dm_sales_daily.revenue, refunds_amount') AS subject,
    'no sum below 0' AS expected,
    concat(toString(negative_rows), ' rows below 0, the lowest ', toString(lowest_of_day), ' rubles') AS found,
    negative_rows = 0 AS passed
FROM days
