-- The ads that stand in the staging for an account's days: they may have left the lists since.
SELECT DISTINCT ad_id
FROM zakaz.stg_vk_ads_daily FINAL
WHERE
    account_id = {account_id:UInt64}
    AND stat_date BETWEEN {from_date:Date} AND {to_date:Date}
