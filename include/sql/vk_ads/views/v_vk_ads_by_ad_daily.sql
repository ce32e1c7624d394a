-- The staging of VK Ads, for dashboards: each ad on each day, by its current names.
CREATE OR REPLACE VIEW bi.v_vk_ads_by_ad_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
ads AS (
    SELECT
        account_id,
        object_id,
        name,
        first_spend
    FROM meta.v_vk_objects
    WHERE kind = 'ad'
),

ad_groups AS (
    SELECT
        account_id,
        object_id,
        name
    FROM meta.v_vk_objects
    WHERE kind = 'ad_group'
),

campaigns AS (
    SELECT
        account_id,
        object_id,
        name
    FROM meta.v_vk_objects
    WHERE kind = 'campaign'
)

SELECT
    staged.stat_date AS d,
    staged.account_id AS account_id,
    staged.campaign_id AS campaign_id,
    if(campaigns.name = '', staged.campaign_name, campaigns.name) AS campaign_name,
    staged.ad_group_id AS ad_group_id,
    if(ad_groups.name = '', staged.ad_group_name, ad_groups.name) AS ad_group_name,
    staged.ad_id AS ad_id,
    if(ads.name = '', staged.ad_name, ads.name) AS ad_name,
    staged.city AS city,
    staged.link AS link,
    domain(staged.link) AS link_host,
    staged.utm_source AS utm_source,
    staged.utm_medium AS utm_medium,
    staged.utm_campaign AS utm_campaign,
    staged.utm_content AS utm_content,
    staged.utm_term AS utm_term,
    ads.first_spend::Nullable(Date) AS first_spend_day,
    if(d < first_spend_day, NULL, dateDiff('day', first_spend_day, d)) AS days_since_first_spend,
    staged.impressions AS impressions,
    staged.clicks AS clicks,
    staged.goals AS goals,
    staged.spend AS spend,
    zakaz_with_vat(staged.spend, staged.stat_date) AS spend_with_vat,
    staged.base_goals AS base_goals,
    staged.vk_goals AS vk_goals,
    zakaz_account_name(staged.account_id, accounts.account_name) AS account_name
FROM meta.v_cities_of_ads AS staged
LEFT JOIN ads
    ON staged.account_id = ads.account_id AND staged.ad_id = ads.object_id
LEFT JOIN ad_groups
    ON staged.account_id = ad_groups.account_id AND staged.ad_group_id = ad_groups.object_id
LEFT JOIN campaigns
    ON staged.account_id = campaigns.account_id AND staged.campaign_id = campaigns.object_id
LEFT JOIN zakaz.dim_vk_account AS accounts FINAL ON staged.account_id = accounts.account_id
