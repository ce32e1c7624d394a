-- The mart holds what the staging holds, to the kopeck.
WITH
staged AS (
    SELECT
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(goals) AS goals,
        sum(spend) AS spend
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date = {day:Date}
),

built AS (
    SELECT
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(goals) AS goals,
        sum(spend) AS spend
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date = {day:Date}
)

SELECT
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
FROM staged
CROSS JOIN built
