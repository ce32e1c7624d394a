-- Ad spend by account: the clients of an agency.
CREATE OR REPLACE VIEW bi.v_account_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    daily.d AS d,
    daily.account_id AS account_id,
    zakaz_account_name(daily.account_id, accounts.account_name) AS account_name,
    daily.impressions AS impressions,
    daily.clicks AS clicks,
    daily.goals AS goals,
    daily.spend AS spend,
    zakaz_with_vat(daily.spend, daily.d) AS spend_with_vat,
    daily.base_goals AS base_goals,
    daily.vk_goals AS vk_goals
FROM (
    SELECT
        stat_date AS d,
        account_id,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(goals) AS goals,
        sum(base_goals) AS base_goals,
        sum(vk_goals) AS vk_goals,
        sum(spend) AS spend
    FROM zakaz.dm_vk_ads_daily FINAL
    GROUP BY d, account_id
) AS daily
LEFT JOIN zakaz.dim_vk_account AS accounts FINAL ON daily.account_id = accounts.account_id
