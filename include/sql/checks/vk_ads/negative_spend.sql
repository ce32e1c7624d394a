-- No ad earned money by running.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

spent AS (
    SELECT
        stat_date,
        countIf(spend < 0) AS negative_rows,
        min(spend) AS lowest
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY stat_date
)

-- A day without rows is joined with zeros.
SELECT
    days.day AS day,
    'ANOMALY' AS code,
    'fail' AS severity,
    'dm_vk_ads_daily.spend' AS subject,
    'no sum below 0' AS expected,
    concat(toString(spent.negative_rows), ' rows below 0, the lowest ', toString(spent.lowest), ' rubles') AS found,
    spent.negative_rows = 0 AS passed
FROM days
LEFT JOIN spent ON days.day = spent.stat_date
