-- Spend that the city rule could put nowhere is missing in each city's return: an alias or a tag is to be added.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

spent AS (
    SELECT
        stat_date,
        sum(spend) AS day_spend,
        sumIf(spend, city = 'unknown') AS unknown_spend,
        argMaxIf(campaign_name, spend, city = 'unknown') AS largest_campaign,
        if(day_spend > 0, toFloat64(unknown_spend) / toFloat64(day_spend), 0) AS unknown_share
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY stat_date
)

-- A day without rows is joined with zeros.
SELECT
    days.day AS day,
    'ANOMALY' AS code,
    'warn' AS severity,
    'dm_vk_ads_daily.city' AS subject,
    concat('at most ', toString(round(100 * {max_unknown_city_share:Float64}, 1)), '% of spend unknown') AS expected,
    concat(
        toString(round(100 * spent.unknown_share, 1)), '% (', toString(spent.unknown_spend), ' of ',
        toString(spent.day_spend), ' rubles)',
        if(spent.unknown_spend > 0, concat(', most of it in campaign «', spent.largest_campaign, '»'), '')
    ) AS found,
    spent.unknown_share <= {max_unknown_city_share:Float64} AS passed
FROM days
LEFT JOIN spent ON days.day = spent.stat_date
