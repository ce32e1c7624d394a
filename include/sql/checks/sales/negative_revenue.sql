-- Revenue and refunds are both written as positive sums. Net revenue may be below 0: refunds count on their own day.
SELECT
    'ANOMALY' AS code,
    'fail' AS severity,
    'dm_sales_daily.revenue, refunds_amount' AS subject,
    'no sum below 0' AS expected,
    concat(
        toString(countIf(least(revenue, refunds_amount) < 0)),
        ' rows below 0, the lowest ', toString(min(least(revenue, refunds_amount))), ' rubles'
    ) AS found,
    countIf(least(revenue, refunds_amount) < 0) = 0 AS passed
FROM zakaz.dm_sales_daily FINAL
WHERE sale_date = {day:Date}
