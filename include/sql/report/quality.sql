-- Yesterday in one row: rows, revenue, spend.
SELECT
    d,
    sales_rows,
    sales_revenue,
    vk_rows,
    vk_spend
FROM meta.v_quality_last_day
