-- The sums of each Moscow day of a range in the marts, oldest first, each figure with its usual range.
-- The figures are those of meta.v_usual, the range is that of the checks in unusual.sql. A missing figure is NULL, and
-- so is the range if the history is too short.
WITH
days AS (
    SELECT
        arrayJoin(splitByChar(',', {metrics:String})) AS metric,
        arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day
),

usual AS (
    SELECT
        *,
        weeks >= {anomaly_min_weeks:UInt16} AS has_range
    FROM meta.v_usual(
            first_day = {from_date:Date}, last_day = {to_date:Date}, weeks = {anomaly_weeks:UInt16},
            deviations = {anomaly_mads:Float64}, min_share = {anomaly_min_share:Float64}
        )
)

SELECT
    days.metric AS metric,
    toString(days.day) AS d,
    round(usual.amount, 2) AS amount,
    if(has_range, round(greatest(median - margin, 0), 2), NULL) AS low,
    if(has_range, round(median + margin, 2), NULL) AS high,
    coalesce(has_range AND abs(usual.amount - median) > margin, 0) AS is_unusual
FROM days
LEFT JOIN usual ON days.metric = usual.metric AND days.day = usual.day
ORDER BY metric, d
