-- Builds the staging of one account's days, from the replies that one fetch landed and that passed the checks.
-- Fresh rows, and in the same statement tombstones (_deleted = 1) for existing rows that have disappeared. A row of
-- zeros means the same as no row. UTM: the group's tags take precedence over those of the ad's link, and those over
-- VK's automatic ones; to VK, {{campaign_id}} means the id of the ad GROUP.
INSERT INTO zakaz.stg_vk_ads_daily
(
    stat_date, account_id, campaign_id, campaign_name, ad_group_id, ad_group_name, ad_id, ad_name,
    impressions, clicks, goals, base_goals, vk_goals, spend,
    link, utm_source, utm_medium, utm_campaign, utm_content, utm_term, targeted_region, _ver, _deleted
)
WITH
items AS (
    SELECT
        resource,
        item,
        JSONExtract(item, 'id', 'UInt64') AS id
    FROM zakaz.raw_vk_ads
    ARRAY JOIN JSONExtractArrayRaw(body, 'items') AS item
    WHERE
        account_id = {account_id:UInt64}
        AND fetch_id = {fetch_id:UUID}
        AND resource IN ('ad_plans', 'ad_groups', 'banners')
),

campaigns AS (
    SELECT
        id AS campaign_id,
        any(JSONExtractString(item, 'name')) AS campaign_name,
        NOT any(JSONExtractBool(item, 'zakaz_odd')) AS is_sound
    FROM items
    WHERE resource = 'ad_plans'
    GROUP BY id
),

ad_groups AS (
    SELECT
        id AS ad_group_id,
        any(JSONExtract(item, 'ad_plan_id', 'UInt64')) AS campaign_id,
        any(JSONExtractString(item, 'name')) AS ad_group_name,
        any(JSONExtractBool(item, 'enable_utm')) AS utm_enabled,
        any(JSONExtractString(item, 'utm')) AS group_tags,
        -- An id below zero is of a region in which the ads are not shown. Without `geo` they stand where they used to.
        any(
            arrayFilter(
                region -> region > 0,
                if(
                    JSONLength(item, 'targetings', 'geo') > 0,
                    JSONExtract(item, 'targetings', 'geo', 'regions', 'Array(Int64)'),
                    JSONExtract(item, 'targetings', 'regions', 'Array(Int64)')
                )
            )
        ) AS regions,
        NOT any(JSONExtractBool(item, 'zakaz_odd')) AS is_sound
    FROM items
    WHERE resource = 'ad_groups'
    GROUP BY id
),

ads AS (
    SELECT
        id AS ad_id,
        any(JSONExtract(item, 'ad_group_id', 'UInt64')) AS ad_group_id,
        any(JSONExtractString(item, 'name')) AS ad_name,
        any(
            arrayFirst(
                url -> url != '',
                arrayConcat(
                    [JSONExtractString(item, 'urls', 'primary', 'url')],
                    arrayMap(slot -> JSONExtractString(slot.2, 'url'), JSONExtractKeysAndValuesRaw(item, 'urls'))
                )
            )
        ) AS link,
        NOT any(JSONExtractBool(item, 'zakaz_odd')) AS is_sound
    FROM items
    WHERE resource = 'banners'
    GROUP BY id
),

tagged_ads AS (
    SELECT
        ads.ad_id AS ad_id,
        ads.ad_name AS ad_name,
        ads.link AS link,
        ads.ad_group_id AS ad_group_id,
        ad_groups.ad_group_name AS ad_group_name,
        ad_groups.campaign_id AS campaign_id,
        campaigns.campaign_name AS campaign_name,
        if(length(ad_groups.regions) = 1, toUInt64(ad_groups.regions[1]), 0) AS targeted_region,
        ads.is_sound AND ad_groups.is_sound AND campaigns.is_sound AS is_sound,
        arrayConcat(
            if(ad_groups.utm_enabled, extractURLParameters(concat('?', trimLeft(ad_groups.group_tags, '?&'))), []),
            extractURLParameters(ads.link),
            if(ad_groups.utm_enabled AND ad_groups.group_tags = '', extractURLParameters({automatic_tags:String}), [])
        ) AS tags,
        arrayMap(
            name -> replaceAll(
                replaceAll(
                    replaceAll(
                        decodeURLFormComponent(
                            substring(
                                arrayFirst(tag -> startsWith(tag, name || '=') AND tag != name || '=', tags),
                                length(name) + 2
                            )
                        ),
                        '{{ad_plan_id}}', toString(ad_groups.campaign_id)
                    ),
                    '{{campaign_id}}', toString(ads.ad_group_id)
                ),
                '{{banner_id}}', toString(ads.ad_id)
            ),
            ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term']
        ) AS utm
    FROM ads
    LEFT JOIN ad_groups ON ads.ad_group_id = ad_groups.ad_group_id
    LEFT JOIN campaigns ON ad_groups.campaign_id = campaigns.campaign_id
),

-- Ads that are no longer listed keep their stored attributes, and so do those of which not everything can be read: what
-- can be is for ads without any.
described_ads AS (
    SELECT *
    FROM (
        SELECT
            ad_id,
            ad_name,
            link,
            ad_group_id,
            ad_group_name,
            campaign_id,
            campaign_name,
            utm[1] AS utm_source,
            utm[2] AS utm_medium,
            utm[3] AS utm_campaign,
            utm[4] AS utm_content,
            utm[5] AS utm_term,
            targeted_region,
            if(is_sound, 0, 2) AS choice
        FROM tagged_ads

        UNION ALL

        SELECT
            ad_id,
            argMax(ad_name, stat_date) AS ad_name,
            argMax(link, stat_date) AS link,
            argMax(ad_group_id, stat_date) AS ad_group_id,
            argMax(ad_group_name, stat_date) AS ad_group_name,
            argMax(campaign_id, stat_date) AS campaign_id,
            argMax(campaign_name, stat_date) AS campaign_name,
            argMax(utm_source, stat_date) AS utm_source,
            argMax(utm_medium, stat_date) AS utm_medium,
            argMax(utm_campaign, stat_date) AS utm_campaign,
            argMax(utm_content, stat_date) AS utm_content,
            argMax(utm_term, stat_date) AS utm_term,
            argMax(targeted_region, stat_date) AS targeted_region,
            if(campaign_id = 0, 3, 1) AS choice
        FROM zakaz.stg_vk_ads_daily FINAL
        WHERE
            account_id = {account_id:UInt64}
            AND stat_date BETWEEN {from_date:Date} AND {to_date:Date}
            AND ad_id NOT IN (
                SELECT tagged_ads.ad_id
                FROM tagged_ads
                WHERE tagged_ads.is_sound
            )
        GROUP BY ad_id
    ) AS descriptions
    ORDER BY choice
    LIMIT 1 BY ad_id
),

days_of_ads AS (
    SELECT
        ad_id,
        stat_date,
        day_impressions,
        day_clicks,
        day_goals,
        day_base_goals,
        day_vk_goals,
        day_spend
    FROM zakaz.parsed_vk_ads FINAL
    ARRAY JOIN
        stat_dates AS stat_date,
        impressions AS day_impressions,
        clicks AS day_clicks,
        goals AS day_goals,
        base_goals AS day_base_goals,
        vk_goals AS day_vk_goals,
        spend AS day_spend
    WHERE
        account_id = {account_id:UInt64}
        AND fetch_id = {fetch_id:UUID}
        AND from_date BETWEEN {from_date:Date} AND {to_date:Date}
        AND (day_impressions != 0 OR day_clicks != 0 OR day_goals != 0 OR day_spend != 0)
),

figures AS (
    SELECT
        assumeNotNull(stat_date) AS stat_date,
        assumeNotNull(ad_id) AS ad_id,
        assumeNotNull(day_impressions) AS impressions,
        assumeNotNull(day_clicks) AS clicks,
        assumeNotNull(day_goals) AS goals,
        day_base_goals AS base_goals,
        day_vk_goals AS vk_goals,
        assumeNotNull(day_spend) AS spend
    FROM days_of_ads
),

existing AS (
    SELECT
        stat_date,
        ad_id
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE
        account_id = {account_id:UInt64}
        AND stat_date BETWEEN {from_date:Date} AND {to_date:Date}
        AND ad_id NOT IN (
            SELECT arrayJoin(JSONExtract(request, 'id', 'Array(UInt64)'))
            FROM zakaz.raw_vk_ads
            WHERE
                account_id = {account_id:UInt64}
                AND fetch_id = {fetch_id:UUID}
                AND resource = 'refused'
                AND {keep_refused:Bool}
        )
),

-- Existing rows that are not fresh are gone; with keep_refused, the rows of refused ads are kept.
-- RIGHT, not LEFT, so that the engine holds the existing rows in memory: a first load has none.
gone AS (
    SELECT
        existing.stat_date AS stat_date,
        existing.ad_id AS ad_id
    FROM figures
    RIGHT ANTI JOIN existing -- noqa: CV08
        ON figures.stat_date = existing.stat_date AND figures.ad_id = existing.ad_id
),

merged AS (
    SELECT
        stat_date,
        ad_id,
        impressions,
        clicks,
        goals,
        base_goals,
        vk_goals,
        spend,
        false AS is_gone
    FROM figures

    UNION ALL

    SELECT
        stat_date,
        ad_id,
        0 AS impressions,
        0 AS clicks,
        0 AS goals,
        0 AS base_goals,
        0 AS vk_goals,
        0 AS spend,
        true AS is_gone
    FROM gone
)

SELECT
    merged.stat_date AS stat_date,
    {account_id:UInt64} AS account_id,
    described_ads.campaign_id AS campaign_id,
    described_ads.campaign_name AS campaign_name,
    described_ads.ad_group_id AS ad_group_id,
    described_ads.ad_group_name AS ad_group_name,
    merged.ad_id AS ad_id,
    described_ads.ad_name AS ad_name,
    merged.impressions AS impressions,
    merged.clicks AS clicks,
    merged.goals AS goals,
    merged.base_goals AS base_goals,
    merged.vk_goals AS vk_goals,
    merged.spend AS spend,
    described_ads.link AS link,
    described_ads.utm_source AS utm_source,
    described_ads.utm_medium AS utm_medium,
    described_ads.utm_campaign AS utm_campaign,
    described_ads.utm_content AS utm_content,
    described_ads.utm_term AS utm_term,
    described_ads.targeted_region AS targeted_region,
    {ver:UInt64} AS _ver,
    merged.is_gone AS _deleted
FROM merged
LEFT JOIN described_ads ON merged.ad_id = described_ads.ad_id
