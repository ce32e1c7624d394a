-- The staging holds what VK says the account did as a whole: the same views and clicks, the same spend but for a kopeck
-- a row. A day that was never fetched has nothing to compare with.
WITH
staged AS (
    SELECT
        count() AS row_count,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(spend) AS spend
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date = {day:Date}
),

told AS (
    SELECT
        count() > 0 AS is_known,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(amount) AS spend
    FROM meta.source_totals FINAL
    WHERE day = {day:Date} AND source = 'vk_ads' AND state != 'SUSPECT_ZERO'
)

SELECT
    'MISMATCH' AS code,
    'fail' AS severity,
    'stg_vk_ads_daily = VK account total' AS subject,
    concat(
        toString(told.impressions), ' impressions, ', toString(told.clicks), ' clicks, ',
        toString(told.spend), ' rubles'
    ) AS expected,
    concat(
        toString(staged.impressions), ' impressions, ', toString(staged.clicks), ' clicks, ',
        toString(staged.spend), ' rubles'
    ) AS found,
    NOT told.is_known
    OR (
        staged.impressions = told.impressions
        AND staged.clicks = told.clicks
        AND abs(staged.spend - told.spend) <= toDecimal64('0.01', 2) * staged.row_count
    ) AS passed
FROM staged
CROSS JOIN told
