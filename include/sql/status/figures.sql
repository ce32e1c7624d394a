-- What each of the last Moscow days comes to in the marts, the oldest first, each figure with its usual range: that of
-- the checks unusual_spend and unusual_revenue (median and median deviation of the same weekday of the weeks before,
-- include/thresholds.toml). A figure that the day has not is NULL, and so is a range that the history is too short for.
WITH
toDate(now('Europe/Moscow')) - {days:UInt16} AS first_day,

daily AS (
    SELECT
        day,
        if(sum(vk_rows) = 0, NULL, sum(mart_spend)) AS spend,
        if(sum(sales_rows) = 0, NULL, sum(mart_revenue)) AS revenue,
        if(sum(sales_rows) = 0, NULL, sum(mart_net) / nullIf(sum(mart_spend), 0)) AS roas,
        nullIf(sum(vk_rows) + sum(sales_rows), 0) AS mart_rows
    FROM (
        SELECT
            stat_date AS day,
            toFloat64(spend) AS mart_spend,
            toFloat64(0) AS mart_revenue,
            toFloat64(0) AS mart_net,
            1 AS vk_rows,
            0 AS sales_rows
        FROM zakaz.dm_vk_ads_daily FINAL
        WHERE stat_date >= first_day - 7 * {anomaly_weeks:UInt16}

        UNION ALL

        SELECT
            sale_date AS day,
            toFloat64(0) AS mart_spend,
            toFloat64(revenue) AS mart_revenue,
            toFloat64(net_revenue) AS mart_net,
            0 AS vk_rows,
            1 AS sales_rows
        FROM zakaz.dm_sales_daily FINAL
        WHERE sale_date >= first_day - 7 * {anomaly_weeks:UInt16}
    ) AS marts
    GROUP BY day
),

measured AS (
    SELECT
        day,
        metric,
        amount
    FROM daily
    ARRAY JOIN
        ['spend', 'revenue', 'roas', 'rows'] AS metric,
        [spend, revenue, roas, toFloat64(mart_rows)] AS amount
    WHERE amount IS NOT NULL
),

-- Each day beside itself (0 weeks back) and beside the same weekday of each week before.
weeks_of_day AS (
    SELECT
        first_day + number AS day,
        arrayJoin(['spend', 'revenue', 'roas', 'rows']) AS metric,
        arrayJoin(range({anomaly_weeks:UInt16} + 1)) AS weeks_back,
        day - 7 * weeks_back AS other_day
    FROM numbers({days:UInt16})
),

compared AS (
    SELECT
        weeks_of_day.metric AS metric,
        weeks_of_day.day AS day,
        maxIf(measured.amount, weeks_back = 0) AS amount,
        groupArrayIf(assumeNotNull(measured.amount), weeks_back > 0 AND measured.amount IS NOT NULL) AS history,
        length(history) >= {anomaly_min_weeks:UInt16} AS has_range,
        arrayReduce('median', history) AS median,
        zakaz_usual_margin(history, {anomaly_mads:Float64}, {anomaly_min_share:Float64}) AS margin
    FROM weeks_of_day
    LEFT JOIN measured ON weeks_of_day.other_day = measured.day AND weeks_of_day.metric = measured.metric
    GROUP BY
        weeks_of_day.metric,
        weeks_of_day.day
)

SELECT
    metric,
    toString(day) AS d,
    round(amount, 2) AS amount,
    if(has_range, round(greatest(median - margin, 0), 2), NULL) AS low,
    if(has_range, round(median + margin, 2), NULL) AS high,
    coalesce(has_range AND abs(compared.amount - median) > margin, 0) AS is_unusual
FROM compared
ORDER BY
    metric,
    day
SETTINGS join_use_nulls = 1, compile_expressions = 0, compile_aggregate_expressions = 0, compile_sort_description = 0
