-- Each ad with figures belongs to a campaign that VK lists.
-- vk_ads: unknown_campaign
-- Else its figures are loaded, but no report shows under which campaign: its group or campaign is missing from VK's
-- lists.
WITH lost AS (
    SELECT
        stat_date,
        uniqExact(ad_id) AS ads,
        sum(spend) AS lost_spend,
        argMax(ad_id, spend) AS largest_ad
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date} AND (campaign_id = 0 OR campaign_name = '')
    GROUP BY stat_date
)

-- For a day without such ads the join yields zeros.
SELECT
    days.day AS day,
    'unknown_campaign' AS check_name,
    'ANOMALY' AS code,
    'warn' AS severity,
    'stg_vk_ads_daily.campaign_name' AS subject,
    'each ad in a campaign of VK''s lists' AS expected,
    concat(
        toString(ads), ' ads of unknown campaigns with ', toString(lost_spend), ' rubles',
        if(ads > 0, concat(', e.g. ad ', toString(largest_ad)), '')
    ) AS found,
    ads = 0 AS passed
FROM (SELECT arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day) AS days
LEFT JOIN lost ON days.day = lost.stat_date
