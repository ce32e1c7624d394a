-- The mart holds what the staging holds, to the kopeck.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

staged AS (
    SELECT
        report_date,
        sum(tickets_sold) AS tickets_sold,
        sum(revenue) AS revenue,
        sum(refunds_amount) AS refunds_amount
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY report_date
),

built AS (
    SELECT
        sale_date,
        sum(tickets_sold) AS tickets_sold,
        sum(revenue) AS revenue,
        sum(refunds_amount) AS refunds_amount,
        sum(net_revenue) AS net_revenue
    FROM zakaz.dm_sales_daily FINAL
    WHERE sale_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY sale_date
)

-- A day without rows is joined with zeros.
SELECT
    days.day AS day,
    'MISMATCH' AS code,
    'fail' AS severity,
    'dm_sales_daily = stg_qtickets_sales' AS subject,
    concat(
        toString(staged.tickets_sold), ' tickets for ', toString(staged.revenue), ' rubles, ',
        toString(staged.refunds_amount), ' given back, ',
        toString(staged.revenue - staged.refunds_amount), ' net'
    ) AS expected,
    concat(
        toString(built.tickets_sold), ' tickets for ', toString(built.revenue), ' rubles, ',
        toString(built.refunds_amount), ' given back, ', toString(built.net_revenue), ' net'
    ) AS found,
    built.tickets_sold = staged.tickets_sold
    AND built.revenue = staged.revenue
    AND built.refunds_amount = staged.refunds_amount
    AND built.net_revenue = staged.revenue - staged.refunds_amount AS passed
FROM days
LEFT JOIN staged ON days.day = staged.report_date
LEFT JOIN built ON days.day = built.sale_date
