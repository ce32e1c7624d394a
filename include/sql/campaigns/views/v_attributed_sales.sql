-- Sales by day, tags and the campaign of VK Ads that they belong to: the one place where that is decided.
-- The ad whose id utm_content ends with, else the ad group whose id is utm_campaign (the automatic tags of VK), else the
-- only campaign whose ads had the same utm_source and utm_campaign in the 90 days before the sale. Tags are compared as
-- zakaz_tag writes them. Nothing is split: a pair of tags of several campaigns belongs to none of them.
CREATE OR REPLACE VIEW meta.v_attributed_sales DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
ads AS (
    SELECT
        object_id,
        any((account_id, campaign_id)) AS owner
    FROM zakaz.dim_vk_object FINAL
    WHERE kind = 'ad'
    GROUP BY object_id
),

ad_groups AS (
    SELECT
        object_id,
        any((account_id, campaign_id)) AS owner
    FROM zakaz.dim_vk_object FINAL
    WHERE kind = 'ad_group'
    GROUP BY object_id
),

sales AS (
    SELECT
        report_date AS d,
        sold_on,
        zakaz_tag(v_sales_parts.utm_source) AS utm_source,
        zakaz_tag(v_sales_parts.utm_medium) AS utm_medium,
        zakaz_tag(v_sales_parts.utm_campaign) AS utm_campaign,
        toUInt64OrZero(extract(v_sales_parts.utm_content, '([0-9]+)[^0-9]*$')) AS ad_id,
        zakaz_channel(utm_source, utm_medium) AS channel,
        sum(tickets_sold) AS tickets_sold,
        sum(tickets_refunded) AS tickets_refunded,
        sum(revenue) AS revenue,
        sum(refunds_amount) AS refunds_amount
    FROM meta.v_sales_parts
    GROUP BY d, sold_on, utm_source, utm_medium, utm_campaign, ad_id
)

SELECT
    sales.d AS d,
    sales.utm_source AS utm_source,
    sales.utm_medium AS utm_medium,
    sales.utm_campaign AS utm_campaign,
    sales.channel.1 AS channel,
    sales.channel.2 AS is_paid,
    -- Ids count only beside a source of VK Ads: other systems number their ads, too.
    channel = 'VK Реклама' OR owners.utm_source != '' AS is_of_vk,
    arrayDistinct(
        arrayMap(
            owner -> (owner.1, owner.2),
            arrayFilter(owner -> sales.sold_on BETWEEN owner.3 AND owner.4, owners.owners)
        )
    ) AS owners_of_tags,
    multiIf(
        is_of_vk AND ads.owner.2 != 0, [ads.owner],
        is_of_vk AND ad_groups.owner.2 != 0, [ad_groups.owner],
        owners_of_tags
    ) AS found,
    if(length(found) = 1, found[1].1, 0) AS account_id,
    if(length(found) = 1, found[1].2, 0) AS campaign_id,
    multiIf(
        length(found) = 1, 'campaign',
        length(found) > 1, 'tag_of_several',
        channel = 'VK Реклама', 'tag_of_none',
        sales.utm_source = '' AND sales.utm_medium = '' AND sales.utm_campaign = '', 'no_tag',
        'other_channel'
    ) AS attribution,
    sales.tickets_sold AS tickets_sold,
    sales.tickets_refunded AS tickets_refunded,
    sales.revenue AS revenue,
    sales.refunds_amount AS refunds_amount
FROM sales
LEFT JOIN meta.v_vk_tag_owners AS owners
    ON sales.utm_source = owners.utm_source AND sales.utm_campaign = owners.utm_campaign
LEFT JOIN ads ON sales.ad_id = ads.object_id
LEFT JOIN ad_groups ON toUInt64OrZero(sales.utm_campaign) = ad_groups.object_id
