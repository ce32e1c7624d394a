-- Rows, those with figures, and sums of all ads by day in one fetch. A day without figures may be absent.
SELECT
    assumeNotNull(stat_date) AS stat_date,
    count() AS fetched_rows,
    countIf(day_impressions != 0 OR day_clicks != 0 OR day_goals != 0 OR day_spend != 0) AS rows_with_figures,
    sum(day_impressions) AS impressions,
    sum(day_clicks) AS clicks,
    sum(day_spend) AS spend
FROM (
    SELECT
        stat_date,
        day_impressions,
        day_clicks,
        day_goals,
        day_spend
    FROM zakaz.parsed_vk_ads FINAL
    ARRAY JOIN
        stat_dates AS stat_date,
        impressions AS day_impressions,
        clicks AS day_clicks,
        goals AS day_goals,
        spend AS day_spend
    WHERE account_id = {account_id:UInt64} AND fetch_id = {fetch_id:UUID}
) AS days
GROUP BY stat_date
ORDER BY stat_date
