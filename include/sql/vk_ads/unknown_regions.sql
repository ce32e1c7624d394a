-- The regions that ads target on some days and whose names are not known.
SELECT DISTINCT targeted_region
FROM zakaz.stg_vk_ads_daily FINAL
WHERE
    stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    AND targeted_region != 0
    AND targeted_region NOT IN (SELECT region_id FROM zakaz.dim_vk_region)
