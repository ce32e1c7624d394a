-- The sums of each day in the sales staging; zeros for a day that was found empty. A day that was never loaded is
-- absent.
SELECT
    day,
    field,
    amount
FROM (
    SELECT
        day,
        sum(tickets_sold) AS tickets_sold,
        sum(revenue) AS revenue,
        sum(refunds_amount) AS refunds_amount
    FROM (
        SELECT
            report_date AS day,
            tickets_sold,
            revenue,
            refunds_amount
        FROM zakaz.stg_qtickets_sales FINAL
        WHERE report_date BETWEEN {from_date:Date} AND {to_date:Date}

        UNION ALL

        SELECT
            day,
            0 AS tickets_sold,
            0 AS revenue,
            0 AS refunds_amount
        FROM meta.source_totals FINAL
        WHERE
            source = 'qtickets'
            AND state != 'SUSPECT_ZERO'
            AND day BETWEEN {from_date:Date} AND {to_date:Date}
    ) AS loaded
    GROUP BY day
) AS sums
ARRAY JOIN
    ['tickets_sold', 'revenue', 'refunds_amount'] AS field,
    [toDecimal64(tickets_sold, 2), toDecimal64(revenue, 2), toDecimal64(refunds_amount, 2)] AS amount
ORDER BY
    day,
    field
