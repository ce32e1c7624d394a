-- Yesterday (Moscow) in one row. Sales are those sold yesterday, whatever the day of the show.
CREATE OR REPLACE VIEW meta.v_quality_last_day DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
toDate(now('Europe/Moscow')) - 1 AS yesterday,

sales AS (
    SELECT
        count() AS sales_rows,
        sum(net_revenue) AS sales_revenue
    FROM zakaz.dm_sales_daily FINAL
    WHERE sale_date = yesterday
),

vk AS (
    SELECT
        count() AS vk_rows,
        sum(spend) AS vk_spend
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date = yesterday
)

SELECT
    yesterday AS d,
    sales.sales_rows AS sales_rows,
    sales.sales_revenue AS sales_revenue,
    vk.vk_rows AS vk_rows,
    vk.vk_spend AS vk_spend
FROM sales
CROSS JOIN vk
