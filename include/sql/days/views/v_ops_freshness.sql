-- The age of the newest complete day in each mart, by the dates of its data and not by when a task ran.
CREATE OR REPLACE VIEW bi.v_ops_freshness DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    mart,
    last_day,
    dateDiff('hour', toDateTime(last_day + 1, 'Europe/Moscow'), now('Europe/Moscow')) AS hours_since_end_of_day
FROM (
    SELECT
        'dm_vk_ads_daily' AS mart,
        maxOrNull(stat_date) AS last_day
    FROM zakaz.dm_vk_ads_daily FINAL

    UNION ALL

    SELECT
        'dm_sales_daily' AS mart,
        maxOrNull(sale_date) AS last_day
    FROM zakaz.dm_sales_daily FINAL
) AS marts
