-- Spend and revenue by day and city.
-- Each side is summed before the join, so that nothing is dropped or duplicated; a ratio with a divisor of 0 is NULL,
-- not zero. A ratio over several days is true only over those that have both sides.
CREATE OR REPLACE VIEW bi.v_marketing_roi_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH confirmed_zero AS (
    -- A day without sales is one of which all organisers that were asked say so.
    SELECT
        day,
        splitByChar(':', source)[1] AS side
    FROM meta.v_source_days
    GROUP BY day, side
    HAVING min(is_confirmed_zero)
)

SELECT
    d,
    city,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(spend) AS spend,
    sum(spend_with_vat) AS spend_with_vat,
    sum(tickets_sold) AS tickets_sold,
    sum(tickets_refunded) AS tickets_refunded,
    toInt64(tickets_sold) - tickets_refunded AS net_tickets,
    sum(revenue) AS revenue,
    sum(refunds_amount) AS refunds_amount,
    sum(net_revenue) AS net_revenue,
    toFloat64(net_revenue) / nullIf(toFloat64(spend), 0) AS roas,
    toFloat64(spend) / nullIf(clicks, 0) AS cpc,
    toFloat64(spend) / nullIf(tickets_sold, 0) AS cost_per_ticket,
    max(max(is_ads)) OVER (PARTITION BY d) OR (d, 'vk_ads') IN confirmed_zero AS has_ads,
    max(max(NOT is_ads)) OVER (PARTITION BY d) OR (d, 'qtickets') IN confirmed_zero AS has_sales
FROM (
    SELECT
        stat_date AS d,
        city,
        impressions,
        clicks,
        spend,
        zakaz_with_vat(spend, stat_date) AS spend_with_vat,
        toUInt64(0) AS tickets_sold,
        toUInt64(0) AS tickets_refunded,
        toDecimal64(0, 2) AS revenue,
        toDecimal64(0, 2) AS refunds_amount,
        toDecimal64(0, 2) AS net_revenue,
        1 AS is_ads
    FROM zakaz.dm_vk_ads_daily FINAL

    UNION ALL

    SELECT
        sale_date AS d,
        city,
        toUInt64(0) AS impressions,
        toUInt64(0) AS clicks,
        toDecimal64(0, 2) AS spend,
        toDecimal128(0, 4) AS spend_with_vat,
        tickets_sold,
        tickets_refunded,
        revenue,
        refunds_amount,
        net_revenue,
        0 AS is_ads
    FROM zakaz.dm_sales_daily FINAL
) AS united
GROUP BY d, city
