-- The mart of ad spend, for dashboards.
CREATE OR REPLACE VIEW bi.v_vk_ads_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    stat_date AS d,
    city,
    account_id,
    campaign_id,
    campaign_name,
    impressions,
    clicks,
    goals,
    spend,
    zakaz_with_vat(spend, stat_date) AS spend_with_vat
FROM zakaz.dm_vk_ads_daily FINAL
