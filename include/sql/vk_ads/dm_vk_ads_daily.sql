-- Builds the mart of ad spend: by Moscow day, city and campaign.
-- For the days from_date to to_date, both included: fresh rows, and in the same statement tombstones (_deleted = 1) for
-- existing rows that have disappeared. Idempotent.
INSERT INTO zakaz.dm_vk_ads_daily
(
    stat_date, city, account_id, campaign_id, campaign_name, impressions, clicks, goals, base_goals, vk_goals, spend,
    _ver, _deleted
)
SELECT
    stat_date,
    city,
    account_id,
    campaign_id,
    max(campaign_name) AS campaign_name,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(goals) AS goals,
    sum(base_goals) AS base_goals,
    sum(vk_goals) AS vk_goals,
    sum(spend) AS spend,
    {ver:UInt64} AS _ver,
    NOT max(is_fresh) AS _deleted
FROM (
    SELECT
        stat_date,
        city,
        account_id,
        campaign_id,
        campaign_name,
        impressions,
        clicks,
        goals,
        base_goals,
        vk_goals,
        spend,
        true AS is_fresh
    FROM meta.v_cities_of_ads
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    -- Existing rows contribute only their key.
    SELECT
        stat_date,
        city,
        account_id,
        campaign_id,
        '' AS campaign_name,
        0 AS impressions,
        0 AS clicks,
        0 AS goals,
        0 AS base_goals,
        0 AS vk_goals,
        0 AS spend,
        false AS is_fresh
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
) AS united
GROUP BY stat_date, city, account_id, campaign_id
