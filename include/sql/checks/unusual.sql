-- Spend, clicks and revenue are within their usual range for the weekday (meta.v_usual).
-- vk_ads: unusual_spend, unusual_clicks
-- qtickets: unusual_revenue
-- A figure outside it is only a warning. Too short a history has no range. A day without rows is left to zero_rows,
-- unless the source confirmed it to be empty: then its figures are 0.
WITH
checks AS (
    SELECT
        it.1 AS check_name,
        it.3 AS metric,
        it.4 AS subject,
        it.5 AS unit,
        arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day,
        concat(dateName('weekday', day), 's') AS weekdays
    FROM (
        SELECT arrayJoin([
            ('unusual_spend', 'vk_ads', 'spend', 'dm_vk_ads_daily.spend', ' rubles'),
            ('unusual_clicks', 'vk_ads', 'clicks', 'dm_vk_ads_daily.clicks', ' clicks'),
            ('unusual_revenue', 'qtickets', 'revenue', 'dm_sales_daily.revenue', ' rubles')
        ]) AS it
    ) AS listed
    WHERE it.2 = {source:String}
),

totals AS (
    SELECT
        day,
        min(is_confirmed_zero) AS is_empty
    FROM meta.v_source_days
    WHERE startsWith(source, {source:String}) AND day BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY day
)

-- For a day without data the join yields 0.
SELECT
    checks.day AS day,
    checks.check_name AS check_name,
    'ANOMALY' AS code,
    'warn' AS severity,
    checks.subject AS subject,
    if(
        weeks < {anomaly_min_weeks:UInt16},
        concat(
            'anything: ', toString(weeks), ' ', weekdays, ' before, ', toString({anomaly_min_weeks:UInt16}), ' needed'
        ),
        concat(
            toString(round(greatest(median - margin, 0))), ' to ', toString(round(median + margin)), unit,
            ' (median of ', toString(weeks), ' ', weekdays, ' ', toString(round(median)), ')'
        )
    ) AS expected,
    concat(
        toString(round(coalesce(usual.amount, 0))), unit,
        if(totals.is_empty AND usual.amount IS NULL, ', confirmed by the source', '')
    ) AS found,
    (usual.amount IS NULL AND NOT totals.is_empty)
    OR weeks < {anomaly_min_weeks:UInt16}
    OR abs(coalesce(usual.amount, 0) - median) <= margin AS passed
FROM checks
LEFT JOIN
    meta.v_usual(
        first_day = {from_date:Date}, last_day = {to_date:Date}, weeks = {anomaly_weeks:UInt16},
        deviations = {anomaly_mads:Float64}, min_share = {anomaly_min_share:Float64}
    ) AS usual
    ON checks.day = usual.day AND checks.metric = usual.metric
LEFT JOIN totals ON checks.day = totals.day
