-- Builds the tags of ad groups, for the whole months of the days from_date to to_date.
-- And of all months from the newest that is known on: the whole staging at first, and whatever a release without this
-- table loaded. Fresh rows, and in the same statement tombstones (_deleted = 1) for existing rows that have
-- disappeared. Idempotent.
INSERT INTO zakaz.dim_vk_tags
(
    month, account_id, campaign_id, ad_group_id, utm_source, utm_campaign, first_day, last_day, _ver, _deleted
)
WITH (
    SELECT max(month)
    FROM zakaz.dim_vk_tags
) AS newest

SELECT
    month,
    account_id,
    campaign_id,
    ad_group_id,
    utm_source,
    utm_campaign,
    coalesce(min(day), month) AS first_day,
    coalesce(max(day), month) AS last_day,
    {ver:UInt64} AS _ver,
    NOT max(is_fresh) AS _deleted
FROM (
    SELECT
        toStartOfMonth(stat_date) AS month,
        account_id,
        campaign_id,
        ad_group_id,
        zakaz_tag(stg_vk_ads_daily.utm_source) AS utm_source,
        zakaz_tag(stg_vk_ads_daily.utm_campaign) AS utm_campaign,
        stat_date AS day,
        true AS is_fresh
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE
        stat_date >= least(toStartOfMonth({from_date:Date}), newest)
        AND (stat_date <= toLastDayOfMonth({to_date:Date}) OR stat_date >= newest)
        AND utm_source != ''

    UNION ALL

    -- Existing rows contribute only their key.
    SELECT
        month,
        account_id,
        campaign_id,
        ad_group_id,
        utm_source,
        utm_campaign,
        null AS day,
        false AS is_fresh
    FROM zakaz.dim_vk_tags FINAL
    WHERE month >= least(toStartOfMonth({from_date:Date}), newest) AND (month <= {to_date:Date} OR month >= newest)
) AS united
GROUP BY month, account_id, campaign_id, ad_group_id, utm_source, utm_campaign
