-- The events of an organiser with a show to come that was on sale when it was last read.
SELECT DISTINCT event_id
FROM zakaz.dim_show FINAL
WHERE source = {sales_source:String} AND is_active AND NOT is_deleted AND starts_at > now()
