-- What each Moscow day comes to in the marts; sales by the day they were sold on.
CREATE OR REPLACE VIEW meta.v_day_figures DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day,
    sum(impressions) AS impressions,
    sum(clicks) AS clicks,
    sum(spend) AS spend,
    sum(tickets) AS tickets,
    sum(revenue) AS revenue
FROM (
    SELECT
        stat_date AS day,
        impressions,
        clicks,
        spend,
        toUInt64(0) AS tickets,
        toDecimal64(0, 2) AS revenue
    FROM zakaz.dm_vk_ads_daily FINAL

    UNION ALL

    SELECT
        sale_date AS day,
        toUInt64(0) AS impressions,
        toUInt64(0) AS clicks,
        toDecimal64(0, 2) AS spend,
        tickets_sold AS tickets,
        net_revenue AS revenue
    FROM zakaz.dm_sales_daily FINAL
) AS marts
GROUP BY day
