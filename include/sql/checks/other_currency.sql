-- All rows are in rubles, since sums are added up as rubles.
-- qtickets: other_currency
-- Our own loaders let no other currency in, but other programs may fill the staging.
WITH foreign_rows AS (
    SELECT
        report_date,
        count() AS row_count,
        arraySort(groupUniqArray(toString(currency))) AS currencies
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date BETWEEN {from_date:Date} AND {to_date:Date} AND currency != 'RUB'
    GROUP BY report_date
)

-- For a day without such rows the join yields zeros.
SELECT
    days.day AS day,
    'other_currency' AS check_name,
    'ANOMALY' AS code,
    'fail' AS severity,
    'stg_qtickets_sales.currency' AS subject,
    'RUB only' AS expected,
    concat(toString(row_count), ' rows in another currency ', toString(currencies)) AS found,
    row_count = 0 AS passed
FROM (SELECT arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day) AS days
LEFT JOIN foreign_rows ON days.day = foreign_rows.report_date
