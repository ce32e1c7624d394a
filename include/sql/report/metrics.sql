-- The metrics of the load, for ClickHouse's FORMAT Prometheus.
SELECT
    name,
    type,
    help,
    labels,
    value
FROM bi.v_etl_metrics
ORDER BY name, labels
