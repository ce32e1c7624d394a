-- What went wrong, and whether somebody was told; the last delivery state wins.
CREATE TABLE IF NOT EXISTS meta.etl_alerts
(
    ts DateTime64(6, 'UTC'),
    severity LowCardinality(String) COMMENT 'critical, warning, info',
    job LowCardinality(String),
    code LowCardinality(String) COMMENT 'RUN_FAILED, ZERO_ROWS, ANOMALY, MISMATCH, STALE, RESTATED, RECOVERED',
    message String COMMENT 'the message as sent, without mark-up',
    context_json String,
    alert_id UUID COMMENT 'UUIDv5 of the attempt and the code',
    dag_run_id String,
    delivery LowCardinality(String) COMMENT 'pending, sent, failed, no_connection',
    _ver UInt64 COMMENT 'microseconds since 1970 when this state was reached'
)
ENGINE = ReplacingMergeTree(_ver)
PARTITION BY toYYYYMM(ts)
ORDER BY (job, code, alert_id)
