-- Spend that the city rule could put nowhere is missing in each city's return: an alias or a tag is to be added.
WITH spent AS (
    SELECT
        sum(spend) AS day_spend,
        sumIf(spend, city = 'unknown') AS unknown_spend,
        argMaxIf(campaign_name, spend, city = 'unknown') AS largest_campaign,
        if(day_spend > 0, toFloat64(unknown_spend) / toFloat64(day_spend), 0) AS unknown_share
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date = {day:Date}
)

SELECT
    'ANOMALY' AS code,
    'warn' AS severity,
    'dm_vk_ads_daily.city' AS subject,
    concat('at most ', toString(round(100 * {max_unknown_city_share:Float64}, 1)), '% of spend unknown') AS expected,
    concat(
        toString(round(100 * unknown_share, 1)), '% (', toString(unknown_spend), ' of ', toString(day_spend),
        ' rubles)',
        if(unknown_spend > 0, concat(', most of it in campaign «', largest_campaign, '»'), '')
    ) AS found,
    unknown_share <= {max_unknown_city_share:Float64} AS passed
FROM spent
