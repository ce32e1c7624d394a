-- The staging holds what VK says the account did as a whole: the same views and clicks, the same spend but for a kopeck
-- a row. A day that was never fetched has nothing to compare with.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

staged AS (
    SELECT
        stat_date,
        count() AS row_count,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(spend) AS spend
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY stat_date
),

told AS (
    SELECT
        day,
        count() > 0 AS is_known,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(amount) AS spend
    FROM meta.source_totals FINAL
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date} AND source = 'vk_ads' AND state != 'SUSPECT_ZERO'
    GROUP BY day
)

-- What is missing for a day is joined as 0.
SELECT
    days.day AS day,
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
FROM days
LEFT JOIN staged ON days.day = staged.stat_date
LEFT JOIN told ON days.day = told.day
