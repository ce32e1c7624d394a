-- Sums are added up as rubles. Our loaders refuse any other currency; the staging may be filled by others.
SELECT
    'ANOMALY' AS code,
    'fail' AS severity,
    'stg_qtickets_sales.currency' AS subject,
    'RUB only' AS expected,
    concat(
        toString(countIf(currency != 'RUB')), ' rows in another currency ',
        toString(arraySort(groupUniqArrayIf(toString(currency), currency != 'RUB')))
    ) AS found,
    countIf(currency != 'RUB') = 0 AS passed
FROM zakaz.stg_qtickets_sales FINAL
WHERE report_date = {day:Date}
