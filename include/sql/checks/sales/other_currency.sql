-- Sums are added up as rubles. Our loaders refuse any other currency; the staging may be filled by others.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

foreign_rows AS (
    SELECT
        report_date,
        count() AS row_count,
        arraySort(groupUniqArray(toString(currency))) AS currencies
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date BETWEEN {from_date:Date} AND {to_date:Date} AND currency != 'RUB'
    GROUP BY report_date
)

-- A day without such rows is joined with zeros.
SELECT
    days.day AS day,
    'ANOMALY' AS code,
    'fail' AS severity,
    'stg_qtickets_sales.currency' AS subject,
    'RUB only' AS expected,
    concat(
        toString(foreign_rows.row_count), ' rows in another currency ', toString(foreign_rows.currencies)
    ) AS found,
    foreign_rows.row_count = 0 AS passed
FROM days
LEFT JOIN foreign_rows ON days.day = foreign_rows.report_date
