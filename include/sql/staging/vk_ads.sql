-- The staging of one account's days, from the replies that one fetch landed: fresh rows, and in the same statement
-- tombstones (_deleted = 1) for the rows that are no longer there. A row of zeros says the same as no row.
-- UTM: the group's tags stand over those of the ad's link, those over VK's automatic ones; {{campaign_id}} means the
-- id of the ad GROUP to VK.
INSERT INTO zakaz.stg_vk_ads_daily
(
    stat_date, account_id, campaign_id, campaign_name, ad_group_id, ad_group_name, ad_id, ad_name,
    impressions, clicks, goals, spend, link, utm_source, utm_medium, utm_campaign, utm_content, utm_term,
    _ver, _deleted
)
WITH
items AS (
    SELECT
        resource,
        item,
        JSONExtract(item, 'id', 'UInt64') AS id
    FROM zakaz.raw_vk_ads FINAL
    ARRAY JOIN JSONExtractArrayRaw(body, 'items') AS item
    WHERE account_id = {account_id:UInt64} AND fetch_id = {fetch_id:UUID}
),

campaigns AS (
    SELECT
        id AS campaign_id,
        any(JSONExtractString(item, 'name')) AS campaign_name
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
        any(JSONExtractString(item, 'utm')) AS group_tags
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
        ) AS link
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

figures AS (
    SELECT
        id AS ad_id,
        toDate(JSONExtractString(day, 'date')) AS stat_date,
        JSONType(day, 'base') = 'Object' AS has_base,
        if(has_base, toUInt64OrNull(JSONExtract(day, 'base', 'shows', 'Nullable(String)')), 0) AS impressions,
        if(has_base, toUInt64OrNull(JSONExtract(day, 'base', 'clicks', 'Nullable(String)')), 0) AS clicks,
        -- Reading at a scale of 2 would cut off what is less than a kopeck.
        if(
            has_base,
            round(toDecimal128OrNull(JSONExtract(day, 'base', 'spent', 'Nullable(String)'), 8), 2),
            0
        ) AS spend,
        -- The goals of VK's own pixel where they are given: base.goals can be 0 beside them.
        coalesce(
            toUInt64OrNull(JSONExtract(day, 'base', 'vk', 'goals', 'Nullable(String)')),
            toUInt64OrNull(JSONExtract(day, 'base', 'goals', 'Nullable(String)')),
            0
        ) AS goals
    FROM items
    ARRAY JOIN JSONExtractArrayRaw(item, 'rows') AS day
    WHERE resource = 'statistics'
)

SELECT
    stat_date,
    {account_id:UInt64} AS account_id,
    max(campaign_id) AS campaign_id,
    max(campaign_name) AS campaign_name,
    max(ad_group_id) AS ad_group_id,
    max(ad_group_name) AS ad_group_name,
    ad_id,
    max(ad_name) AS ad_name,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(goals) AS goals,
    sum(spend) AS spend,
    max(link) AS link,
    max(utm[1]) AS utm_source,
    max(utm[2]) AS utm_medium,
    max(utm[3]) AS utm_campaign,
    max(utm[4]) AS utm_content,
    max(utm[5]) AS utm_term,
    {ver:UInt64} AS _ver,
    NOT max(is_fresh) AS _deleted
FROM (
    SELECT
        figures.stat_date AS stat_date,
        figures.ad_id AS ad_id,
        figures.impressions AS impressions,
        figures.clicks AS clicks,
        figures.goals AS goals,
        figures.spend AS spend,
        tagged_ads.ad_name AS ad_name,
        tagged_ads.ad_group_id AS ad_group_id,
        tagged_ads.ad_group_name AS ad_group_name,
        tagged_ads.campaign_id AS campaign_id,
        tagged_ads.campaign_name AS campaign_name,
        tagged_ads.link AS link,
        tagged_ads.utm AS utm,
        true AS is_fresh
    FROM figures
    LEFT JOIN tagged_ads ON figures.ad_id = tagged_ads.ad_id
    WHERE figures.impressions != 0 OR figures.clicks != 0 OR figures.goals != 0 OR figures.spend != 0

    UNION ALL

    -- A row that stands already brings its key and nothing else.
    SELECT
        stat_date,
        ad_id,
        0 AS impressions,
        0 AS clicks,
        0 AS goals,
        0 AS spend,
        '' AS ad_name,
        0 AS ad_group_id,
        '' AS ad_group_name,
        0 AS campaign_id,
        '' AS campaign_name,
        '' AS link,
        emptyArrayString() AS utm,
        false AS is_fresh
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE account_id = {account_id:UInt64} AND stat_date BETWEEN {from_date:Date} AND {to_date:Date}
) AS united
GROUP BY stat_date, ad_id
