-- The day has ticket sales in the mart.
SELECT
    'ZERO_ROWS' AS code,
    'fail' AS severity,
    'dm_sales_daily' AS subject,
    'at least 1 row' AS expected,
    concat(toString(count()), ' rows') AS found,
    count() > 0 AS passed
FROM zakaz.dm_sales_daily FINAL
WHERE sale_date = {day:Date}
