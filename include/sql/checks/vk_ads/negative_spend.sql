-- No ad earned money by running.
SELECT
    'ANOMALY' AS code,
    'fail' AS severity,
    'dm_vk_ads_daily.spend' AS subject,
    'no sum below 0' AS expected,
    concat(toString(countIf(spend < 0)), ' rows below 0, the lowest ', toString(min(spend)), ' rubles') AS found,
    countIf(spend < 0) = 0 AS passed
FROM zakaz.dm_vk_ads_daily FINAL
WHERE stat_date = {day:Date}
