-- The day has ad spend in the mart.
SELECT
    'ZERO_ROWS' AS code,
    'fail' AS severity,
    'dm_vk_ads_daily' AS subject,
    'at least 1 row' AS expected,
    concat(toString(count()), ' rows') AS found,
    count() > 0 AS passed
FROM zakaz.dm_vk_ads_daily FINAL
WHERE stat_date = {day:Date}
