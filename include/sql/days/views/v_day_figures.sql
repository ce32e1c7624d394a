-- The sums of each Moscow day in the marts, in one row; sales by day of sale.
CREATE OR REPLACE VIEW meta.v_day_figures DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day,
    toUInt64(sum(figures['impressions'])) AS impressions,
    toUInt64(sum(figures['clicks'])) AS clicks,
    sum(figures['spend']) AS spend,
    toUInt64(sum(figures['tickets_sold'])) AS tickets,
    sum(figures['net_revenue']) AS revenue
FROM meta.v_day_sums
WHERE layer = 'mart'
GROUP BY day
