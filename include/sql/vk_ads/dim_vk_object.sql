-- Brings the names of campaigns, ad groups and ads up to date with the staging.
-- It reads the days from from_date on, and all since the newest that is known: the whole staging at first, and whatever
-- a release without this table loaded.
INSERT INTO zakaz.dim_vk_object (kind, account_id, object_id, newest, first_spend)
SELECT
    object.1 AS kind,
    account_id,
    object.2 AS object_id,
    max((stat_date, _ver, object.3)) AS newest,
    minOrNullIf(stat_date, spend > 0) AS first_spend
FROM zakaz.stg_vk_ads_daily FINAL
ARRAY JOIN
    [
        ('campaign', campaign_id, campaign_name),
        ('ad_group', ad_group_id, ad_group_name),
        ('ad', ad_id, ad_name)
    ] AS object
WHERE
    stat_date >= least({from_date:Date}, (SELECT max(newest.stat_date) FROM zakaz.dim_vk_object))
    AND object_id != 0
    AND object.3 != ''
GROUP BY kind, account_id, object_id
