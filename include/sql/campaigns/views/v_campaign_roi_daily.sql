-- Spend and sales by campaign of VK Ads.
-- Each side is summed before they are united, so that nothing is dropped or doubled: the sums of a day are those of
-- both marts (a check). Sales that belong to no campaign have rows of their own, which say why.
CREATE OR REPLACE VIEW bi.v_campaign_roi_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH names AS (
    SELECT
        account_id,
        object_id,
        name AS campaign_name
    FROM meta.v_vk_objects
    WHERE kind = 'campaign'
)

SELECT
    united.d AS d,
    united.account_id AS account_id,
    united.campaign_id AS campaign_id,
    names.campaign_name AS campaign_name,
    united.attribution AS attribution,
    united.channel AS channel,
    united.is_paid AS is_paid,
    united.utm_source AS utm_source,
    united.impressions AS impressions,
    united.clicks AS clicks,
    united.goals AS goals,
    united.spend AS spend,
    united.spend_with_vat AS spend_with_vat,
    united.tickets_sold AS tickets_sold,
    united.tickets_refunded AS tickets_refunded,
    united.revenue AS revenue,
    united.refunds_amount AS refunds_amount,
    united.revenue - united.refunds_amount AS net_revenue,
    zakaz_account_name(united.account_id, accounts.account_name) AS account_name
FROM (
    SELECT
        d,
        account_id,
        campaign_id,
        attribution,
        channel,
        is_paid,
        utm_source,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(goals) AS goals,
        sum(spend) AS spend,
        sum(spend_with_vat) AS spend_with_vat,
        sum(tickets_sold) AS tickets_sold,
        sum(tickets_refunded) AS tickets_refunded,
        sum(revenue) AS revenue,
        sum(refunds_amount) AS refunds_amount
    FROM (
        SELECT
            stat_date AS d,
            account_id,
            campaign_id,
            'campaign' AS attribution,
            'VK Реклама' AS channel,
            true AS is_paid,
            '' AS utm_source,
            impressions,
            clicks,
            goals,
            spend,
            zakaz_with_vat(spend, stat_date) AS spend_with_vat,
            toUInt64(0) AS tickets_sold,
            toUInt64(0) AS tickets_refunded,
            toDecimal64(0, 2) AS revenue,
            toDecimal64(0, 2) AS refunds_amount
        FROM zakaz.dm_vk_ads_daily FINAL

        UNION ALL

        SELECT
            d,
            account_id,
            campaign_id,
            attribution,
            channel,
            is_paid,
            utm_source,
            toUInt64(0) AS impressions,
            toUInt64(0) AS clicks,
            toUInt64(0) AS goals,
            toDecimal64(0, 2) AS spend,
            toDecimal128(0, 4) AS spend_with_vat,
            tickets_sold,
            tickets_refunded,
            revenue,
            refunds_amount
        FROM meta.v_attributed_sales
    ) AS both
    GROUP BY d, account_id, campaign_id, attribution, channel, is_paid, utm_source
) AS united
LEFT JOIN names ON united.account_id = names.account_id AND united.campaign_id = names.object_id
LEFT JOIN zakaz.dim_vk_account AS accounts FINAL ON united.account_id = accounts.account_id
