-- Revenue and refunds are both written as positive sums. Net revenue may be below 0: refunds count on their own day.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

sold AS (
    SELECT
        sale_date,
        countIf(least(revenue, refunds_amount) < 0) AS negative_rows,
        min(least(revenue, refunds_amount)) AS lowest
    FROM zakaz.dm_sales_daily FINAL
    WHERE sale_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY sale_date
)

-- A day without rows is joined with zeros.
SELECT
    days.day AS day,
    'ANOMALY' AS code,
    'fail' AS severity,
    'dm_sales_daily.revenue, refunds_amount' AS subject,
    'no sum below 0' AS expected,
    concat(toString(sold.negative_rows), ' rows below 0, the lowest ', toString(sold.lowest), ' rubles') AS found,
    sold.negative_rows = 0 AS passed
FROM days
LEFT JOIN sold ON days.day = sold.sale_date
