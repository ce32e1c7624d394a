-- Little spend is without a city: what the city rule can't assign is missing from every city's return.
-- vk_ads: unknown_city
-- The remedy is an alias for the city, or a tag in the campaign.
WITH spent AS (
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

-- For a day without rows the join yields zeros.
SELECT
    days.day AS day,
    'unknown_city' AS check_name,
    'ANOMALY' AS code,
    'warn' AS severity,
    'dm_vk_ads_daily.city' AS subject,
    concat('at most ', toString(round(100 * {max_unknown_city_share:Float64}, 1)), '% of spend unknown') AS expected,
    concat(
        toString(round(100 * unknown_share, 1)), '% (', toString(unknown_spend), ' of ',
        toString(day_spend), ' rubles)',
        if(unknown_spend > 0, concat(', most of it in campaign «', largest_campaign, '»'), '')
    ) AS found,
    unknown_share <= {max_unknown_city_share:Float64} AS passed
FROM (SELECT arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day) AS days
LEFT JOIN spent ON days.day = spent.stat_date
