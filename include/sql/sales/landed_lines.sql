-- The lines of one load that can be read back: their number and their sums.
SELECT
    count() AS line_count,
    sum(tickets_sold) AS tickets_sold,
    sum(revenue) AS revenue,
    sum(refunds_amount) AS refunds_amount
FROM zakaz.raw_sales FINAL
WHERE load_id = {load_id:UUID}
