-- The most expensive campaigns of a day.
SELECT
    d,
    city,
    campaign_name,
    impressions,
    clicks,
    spend
FROM bi.v_vk_ads_daily
WHERE d = {day:Date}
ORDER BY spend DESC
LIMIT 7
