-- Yesterday (Moscow) in one row; sales by day of sale.
CREATE OR REPLACE VIEW meta.v_quality_last_day DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    toDate(now('Europe/Moscow')) - 1 AS d,
    sumIf(row_count, source != 'vk_ads') AS sales_rows,
    sum(figures['net_revenue']) AS sales_revenue,
    sumIf(row_count, source = 'vk_ads') AS vk_rows,
    sum(figures['spend']) AS vk_spend
FROM meta.v_day_sums
WHERE layer = 'mart' AND day = toDate(now('Europe/Moscow')) - 1
