-- What a rebuild of the mart of ad spend would change about cities.
-- By Moscow day, campaign and city: the spend that the mart shows, and that by the rule and the spellings as they are
-- now, where they differ.
CREATE OR REPLACE VIEW meta.v_city_changes DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    stat_date,
    account_id,
    campaign_id,
    max(campaign_name) AS campaign_name,
    city,
    sum(in_mart) AS spend_in_mart,
    sum(by_rule) AS spend_by_rule
FROM (
    SELECT
        stat_date,
        account_id,
        campaign_id,
        campaign_name,
        city,
        spend AS in_mart,
        toDecimal64(0, 2) AS by_rule
    FROM zakaz.dm_vk_ads_daily FINAL

    UNION ALL

    SELECT
        stat_date,
        account_id,
        campaign_id,
        campaign_name,
        city,
        toDecimal64(0, 2) AS in_mart,
        spend AS by_rule
    FROM meta.v_cities_of_ads
) AS both
GROUP BY stat_date, account_id, campaign_id, city
HAVING spend_in_mart != spend_by_rule
