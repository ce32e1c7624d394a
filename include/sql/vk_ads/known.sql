-- The ads that stand in the staging for some days, by account: they may have left the lists since.
SELECT DISTINCT
    account_id,
    ad_id
FROM zakaz.stg_vk_ads_daily FINAL
WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
