-- Alerts and their delivery; the last delivery state wins.
CREATE TABLE IF NOT EXISTS meta.etl_alerts
(
    ts DateTime64(6, 'UTC') COMMENT 'when it went wrong',
    severity LowCardinality(String) COMMENT 'critical (opens an incident), warning, info',
    job LowCardinality(String) COMMENT 'task id, or what else it is about, such as zakaz_etl, watchdog or disk',
    code LowCardinality(String)
    COMMENT 'RUN_FAILED, ZERO_ROWS, ANOMALY, MISMATCH, STALE, HOLES, RESTATED, BACKUP_FAILED, BACKUP_STALE, DISK_LOW,
    RECOVERED, DIGEST',
    message String COMMENT 'the message as sent, without mark-up',
    context_json String COMMENT 'the facts of the message, JSON',
    alert_id UUID COMMENT 'UUIDv5 of what it is about and the code',
    dag_run_id String COMMENT 'run of Airflow; empty where it is about none',
    delivery LowCardinality(String)
    COMMENT 'pending, sent (by Telegram), fallback (by the second channel), both, failed, no_connection,
    repeat (counted, not sent), summed (told in a sum), muted',
    from_date Date COMMENT 'first Moscow day that has to become good',
    to_date Date COMMENT 'last Moscow day that has to become good',
    _ver UInt64 COMMENT 'microseconds since 1970 when this state was reached'
)
ENGINE = ReplacingMergeTree(_ver)
PARTITION BY toYYYYMM(ts)
ORDER BY (job, code, alert_id)
COMMENT 'Alerts and their delivery; the last delivery state with FINAL'
