-- The best-selling events of a day.
SELECT
    d,
    city,
    event_name,
    event_date,
    tickets_sold,
    net_revenue
FROM bi.v_sales_daily
WHERE d = {day:Date}
ORDER BY net_revenue DESC
LIMIT 7
