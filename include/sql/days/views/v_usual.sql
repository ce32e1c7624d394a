-- Figures of the marts with their usual range: the median of the same weekday in previous weeks, and a margin.
-- A parameterized view, which takes the days and the thresholds of include/thresholds.toml.
-- Weeks without the figure are no history; a day without it has no amount (NULL), one without history is absent.
CREATE OR REPLACE VIEW meta.v_usual DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
daily AS (
    SELECT
        sums.day AS day,
        countIf(source = 'vk_ads') > 0 AS has_ads,
        countIf(source != 'vk_ads') > 0 AS has_sales,
        toFloat64(sum(figures['spend'])) AS spend,
        toFloat64(sum(figures['clicks'])) AS clicks,
        toFloat64(sum(figures['revenue'])) AS revenue,
        toFloat64(sum(figures['net_revenue'])) AS net_revenue,
        toFloat64(sum(sums.row_count)) AS mart_rows
    FROM meta.v_day_sums AS sums
    WHERE layer = 'mart' AND sums.day BETWEEN {first_day:Date} - 7 * {weeks:UInt16} AND {last_day:Date}
    GROUP BY sums.day
),

-- Each figure for its own day, and as history for the same weekday of later weeks.
dated AS (
    SELECT
        daily.day + 7 * weeks_back AS day,
        weeks_back,
        figure.1 AS metric,
        assumeNotNull(figure.2) AS amount
    FROM daily
    ARRAY JOIN range({weeks:UInt16} + 1) AS weeks_back
    ARRAY JOIN
        [
            ('spend', if(has_ads, spend, NULL)),
            ('clicks', if(has_ads, clicks, NULL)),
            ('revenue', if(has_sales, revenue, NULL)),
            ('net_revenue', if(has_sales, net_revenue, NULL)),
            ('roas', if(has_sales, net_revenue / nullIf(spend, 0), NULL)),
            ('rows', mart_rows)
        ] AS figure
    WHERE figure.2 IS NOT NULL
)

SELECT
    dated.day AS day,
    metric,
    maxOrNullIf(dated.amount, weeks_back = 0) AS amount,
    groupArrayIf(dated.amount, weeks_back > 0) AS history,
    length(history) AS weeks,
    arrayReduce('median', history) AS median,
    zakaz_usual_margin(history, {deviations:Float64}, {min_share:Float64}) AS margin
FROM dated
WHERE dated.day BETWEEN {first_day:Date} AND {last_day:Date}
GROUP BY dated.day, metric
