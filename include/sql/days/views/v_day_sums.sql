-- The sums of each Moscow day and source in each staging and mart: rows, their newest version, and each figure.
-- Sources are vk_ads, qtickets, qtickets:NAME for an organiser with a name, and file:NAME for sales of others that a
-- file brought.
CREATE OR REPLACE VIEW meta.v_day_sums DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    stat_date AS day,
    'vk_ads' AS source,
    'staging' AS layer,
    count() AS row_count,
    max(_ver) AS version,
    map('impressions', sum(impressions), 'clicks', sum(clicks), 'goals', sum(goals), 'spend', sum(spend)) AS figures
FROM zakaz.stg_vk_ads_daily FINAL
GROUP BY stat_date

UNION ALL

SELECT
    stat_date AS day,
    'vk_ads' AS source,
    'mart' AS layer,
    count() AS row_count,
    max(_ver) AS version,
    map('impressions', sum(impressions), 'clicks', sum(clicks), 'goals', sum(goals), 'spend', sum(spend)) AS figures
FROM zakaz.dm_vk_ads_daily FINAL
GROUP BY stat_date

UNION ALL

SELECT
    report_date AS day,
    source::String AS source,
    'staging' AS layer,
    count() AS row_count,
    max(_ver) AS version,
    map(
        'tickets_sold', sum(tickets_sold), 'tickets_refunded', sum(tickets_refunded),
        'revenue', sum(revenue), 'refunds_amount', sum(refunds_amount),
        'net_revenue', sum(revenue) - sum(refunds_amount)
    ) AS figures
FROM zakaz.stg_qtickets_sales FINAL
GROUP BY report_date, source

UNION ALL

SELECT
    sale_date AS day,
    source::String AS source,
    'mart' AS layer,
    count() AS row_count,
    max(_ver) AS version,
    map(
        'tickets_sold', sum(tickets_sold), 'tickets_refunded', sum(tickets_refunded),
        'revenue', sum(revenue), 'refunds_amount', sum(refunds_amount),
        'net_revenue', sum(net_revenue)
    ) AS figures
FROM zakaz.dm_sales_daily FINAL
GROUP BY sale_date, source
