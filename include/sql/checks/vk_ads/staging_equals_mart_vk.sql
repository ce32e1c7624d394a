-- The mart holds what the staging holds, to the kopeck.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

staged AS (
    SELECT
        stat_date,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(goals) AS goals,
        sum(spend) AS spend
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY stat_date
),

built AS (
    SELECT
        stat_date,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(goals) AS goals,
        sum(spend) AS spend
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY stat_date
)

-- A day without rows is joined with zeros.
SELECT
    days.day AS day,
    'MISMATCH' AS code,
    'fail' AS severity,
    'dm_vk_ads_daily = stg_vk_ads_daily' AS subject,
    concat(
        toString(staged.impressions), ' impressions, ', toString(staged.clicks), ' clicks, ',
        toString(staged.goals), ' goals, ', toString(staged.spend), ' rubles'
    ) AS expected,
    concat(
        toString(built.impressions), ' impressions, ', toString(built.clicks), ' clicks, ',
        toString(built.goals), ' goals, ', toString(built.spend), ' rubles'
    ) AS found,
    built.impressions = staged.impressions
    AND built.clicks = staged.clicks
    AND built.goals = staged.goals
    AND built.spend = staged.spend AS passed
FROM days
LEFT JOIN staged ON days.day = staged.stat_date
LEFT JOIN built ON days.day = built.stat_date
