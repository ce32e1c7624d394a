-- The staging holds the revenue that QTickets told of. Its word counts for the rows it came with: where a file was
-- loaded later (the rows are newer than the total), or QTickets was never asked, there is nothing to compare with.
WITH
staged AS (
    SELECT
        sum(revenue) AS revenue,
        max(_ver) AS version
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date = {day:Date}
),

told AS (
    SELECT
        count() > 0 AS is_known,
        sum(amount) AS revenue,
        max(_ver) AS version
    FROM meta.source_totals FINAL
    WHERE day = {day:Date} AND source = 'qtickets' AND state != 'SUSPECT_ZERO'
)

SELECT
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
FROM staged
CROSS JOIN told
