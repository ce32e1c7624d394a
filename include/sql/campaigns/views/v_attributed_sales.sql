-- Sales by day, tags and the campaign of VK Ads that they belong to: the one place where that is decided.
-- The ad whose id ends utm_content, else the ad group whose id is utm_campaign (the automatic tags of VK), else the
-- only campaign whose ads had the same utm_source and utm_campaign in the 90 days before the sale. Nothing is split: a
-- pair of tags of several campaigns belongs to none of them.
CREATE OR REPLACE VIEW meta.v_attributed_sales DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
sales AS (
    SELECT
        report_date AS d,
        sold_on,
        zakaz_tag(v_sales_parts.utm_source) AS utm_source,
        zakaz_tag(v_sales_parts.utm_medium) AS utm_medium,
        zakaz_tag(v_sales_parts.utm_campaign) AS utm_campaign,
        toUInt64OrZero(extract(v_sales_parts.utm_content, '([0-9]+)[^0-9]*$')) AS ad_id,
        sum(tickets_sold) AS tickets_sold,
        sum(tickets_refunded) AS tickets_refunded,
        sum(revenue) AS revenue,
        sum(refunds_amount) AS refunds_amount,
        zakaz_channel(utm_source, utm_medium) AS its_channel
    FROM meta.v_sales_parts
    GROUP BY d, sold_on, utm_source, utm_medium, utm_campaign, ad_id
),

-- Without FINAL: the campaign of an ad or a group never changes.
ads AS (
    SELECT
        object_id,
        (account_id, campaign_id) AS campaign
    FROM zakaz.dim_vk_object
    WHERE kind = 'ad'
),

ad_groups AS (
    SELECT
        object_id,
        (account_id, campaign_id) AS campaign
    FROM zakaz.dim_vk_object
    WHERE kind = 'ad_group'
),

matched AS (
    SELECT
        sales.d AS d,
        sales.utm_source AS utm_source,
        sales.utm_medium AS utm_medium,
        sales.utm_campaign AS utm_campaign,
        sales.its_channel.1 AS channel,
        sales.its_channel.2 AS is_paid,
        -- Ids count only beside a source of VK Ads: other systems number their ads, too.
        channel = 'VK Реклама' OR owners.utm_source != '' AS is_of_vk,
        multiIf(
            is_of_vk AND ads.campaign.2 != 0, [ads.campaign],
            is_of_vk AND ad_groups.campaign.2 != 0, [ad_groups.campaign],
            arrayDistinct(
                arrayMap(
                    owner -> (owner.1, owner.2),
                    arrayFilter(owner -> sales.sold_on BETWEEN owner.3 AND owner.4, owners.owners)
                )
            )
        ) AS campaigns,
        length(campaigns) AS campaign_count,
        campaigns[1] AS campaign,
        sales.tickets_sold AS tickets_sold,
        sales.tickets_refunded AS tickets_refunded,
        sales.revenue AS revenue,
        sales.refunds_amount AS refunds_amount
    FROM sales
    LEFT JOIN meta.v_vk_tag_owners AS owners
        ON sales.utm_source = owners.utm_source AND sales.utm_campaign = owners.utm_campaign
    LEFT ANY JOIN ads ON sales.ad_id = ads.object_id
    LEFT ANY JOIN ad_groups ON toUInt64OrZero(sales.utm_campaign) = ad_groups.object_id
)

SELECT
    d,
    utm_source,
    utm_medium,
    utm_campaign,
    channel,
    is_paid,
    if(campaign_count = 1, campaign.1, 0) AS account_id,
    if(campaign_count = 1, campaign.2, 0) AS campaign_id,
    multiIf(
        campaign_count = 1, 'campaign',
        campaign_count > 1, 'tag_of_several',
        channel = 'VK Реклама', 'tag_of_none',
        utm_source = '' AND utm_medium = '' AND utm_campaign = '', 'no_tag',
        'other_channel'
    ) AS attribution,
    tickets_sold,
    tickets_refunded,
    revenue,
    refunds_amount
FROM matched
