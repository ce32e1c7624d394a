-- Most of what the tags of VK Ads sold belongs to a campaign.
-- qtickets: unattributed_sales
-- The remedy is tags that name one campaign each. A day without spend is not looked at: what was sold before any ad was
-- loaded can belong to none.
WITH
sold AS (
    SELECT
        d,
        sumIf(revenue, channel = 'VK Реклама' OR attribution = 'tag_of_several') AS by_vk,
        sumIf(revenue, attribution IN ('tag_of_several', 'tag_of_none')) AS by_no_campaign,
        argMaxIf(
            concat(utm_source, ' / ', utm_campaign), revenue, attribution IN ('tag_of_several', 'tag_of_none')
        ) AS largest_tag,
        if(by_vk > 0, toFloat64(by_no_campaign) / toFloat64(by_vk), 0) AS share
    FROM (
        SELECT
            d,
            channel,
            attribution,
            utm_source,
            utm_campaign,
            sum(v_attributed_sales.revenue) AS revenue
        FROM meta.v_attributed_sales
        WHERE d BETWEEN {from_date:Date} AND {to_date:Date}
        GROUP BY d, channel, attribution, utm_source, utm_campaign
    ) AS tags
    WHERE
        d IN (
            SELECT stat_date
            FROM zakaz.dm_vk_ads_daily FINAL
            WHERE spend > 0
        )
    GROUP BY d
)

-- For a day without rows the join yields zeros.
SELECT
    days.day AS day,
    'unattributed_sales' AS check_name,
    'ANOMALY' AS code,
    'warn' AS severity,
    'v_campaign_roi_daily.attribution' AS subject,
    concat(
        'at most ', toString(round(100 * {max_unattributed_share:Float64}, 1)), '% of the revenue of VK''s tags'
    ) AS expected,
    concat(
        toString(round(100 * share, 1)), '% (', toString(by_no_campaign), ' of ', toString(by_vk), ' rubles)',
        if(by_no_campaign > 0, concat(', most of it under «', largest_tag, '»'), '')
    ) AS found,
    share <= {max_unattributed_share:Float64} AS passed
FROM (SELECT arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day) AS days
LEFT JOIN sold ON days.day = sold.d
