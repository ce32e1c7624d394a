-- The staging holds the revenue that QTickets told of. Its word counts for the rows it came with: where a file was
-- loaded later (the rows are newer than the total), or QTickets was never asked, there is nothing to compare with.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

staged AS (
    SELECT
        report_date,
        sum(revenue) AS revenue,
        max(_ver) AS version
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY report_date
),

told AS (
    SELECT
        day,
        count() > 0 AS is_known,
        sum(amount) AS revenue,
        max(_ver) AS version
    FROM meta.source_totals FINAL
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date} AND source = 'qtickets' AND state != 'SUSPECT_ZERO'
    GROUP BY day
)

-- What is missing for a day is joined as 0.
SELECT
    days.day AS day,
    'MISMATCH' AS code,
    'fail' AS severity,
    'stg_qtickets_sales = QTickets total' AS subject,
    multiIf(
        NOT told.is_known, 'no total: QTickets was not asked',
        staged.version > told.version, 'no total: the rows are newer than what QTickets said',
        concat(toString(told.revenue), ' rubles')
    ) AS expected,
    concat(toString(staged.revenue), ' rubles') AS found,
    NOT told.is_known OR staged.version > told.version OR staged.revenue = told.revenue AS passed
FROM days
LEFT JOIN staged ON days.day = staged.report_date
LEFT JOIN told ON days.day = told.day
