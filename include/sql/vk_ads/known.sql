-- The ads in the staging for some days, by account: they may no longer be listed.
SELECT DISTINCT
    account_id,
    ad_id
FROM zakaz.stg_vk_ads_daily FINAL
WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
