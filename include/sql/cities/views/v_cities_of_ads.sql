-- The staging of VK Ads with the city of each row: the one place where the city rule is applied to ads.
-- `named` has what the texts say, in the order in which they are believed, see zakaz_named_cities. The last text is the
-- name of the only region that the ad group targets: it decides where no other names a city, or only weak ones.
CREATE OR REPLACE VIEW meta.v_cities_of_ads DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH (
    SELECT (groupArray(alias), groupArray(if(is_weak, concat('~', city), city)))
    FROM meta.v_city_aliases
) AS known,

(
    SELECT (groupArray(region_id), groupArray(name))
    FROM zakaz.dim_vk_region FINAL
) AS regions

SELECT
    stat_date,
    account_id,
    campaign_id,
    campaign_name,
    ad_group_id,
    ad_group_name,
    ad_id,
    ad_name,
    link,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_content,
    utm_term,
    impressions,
    clicks,
    goals,
    base_goals,
    vk_goals,
    spend,
    -- The arrays of a transform must not be empty.
    transform(targeted_region, arrayConcat(regions.1, [toUInt64(0)]), arrayConcat(regions.2, ['']), '') AS region_name,
    zakaz_named_cities(
        [utm_content, utm_campaign, ad_group_name, campaign_name, region_name], known.1, known.2
    ) AS named,
    coalesce(nullIf(zakaz_chosen_city(named), ''), 'unknown') AS city
FROM zakaz.stg_vk_ads_daily FINAL
