-- The mart of ad spend, for dashboards; each campaign by its current name, so that a renamed one is one.
CREATE OR REPLACE VIEW bi.v_vk_ads_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH campaigns AS (
    SELECT
        account_id,
        object_id,
        name
    FROM meta.v_vk_objects
    WHERE kind = 'campaign'
)

SELECT
    mart.stat_date AS d,
    mart.city AS city,
    mart.account_id AS account_id,
    mart.campaign_id AS campaign_id,
    if(campaigns.name = '', mart.campaign_name, campaigns.name) AS campaign_name,
    mart.impressions AS impressions,
    mart.clicks AS clicks,
    mart.goals AS goals,
    mart.spend AS spend,
    zakaz_with_vat(mart.spend, mart.stat_date) AS spend_with_vat,
    mart.base_goals AS base_goals,
    mart.vk_goals AS vk_goals,
    zakaz_account_name(mart.account_id, accounts.account_name) AS account_name
FROM zakaz.dm_vk_ads_daily AS mart FINAL
LEFT JOIN campaigns
    ON mart.account_id = campaigns.account_id AND mart.campaign_id = campaigns.object_id
LEFT JOIN zakaz.dim_vk_account AS accounts FINAL ON mart.account_id = accounts.account_id
