-- One row per attempt of a task; the last state wins.
CREATE TABLE IF NOT EXISTS meta.etl_runs
(
    job LowCardinality(String) COMMENT 'task id',
    run_id UUID COMMENT 'UUIDv5 of dag, run, task, map index and try',
    started_at DateTime64(6, 'UTC'),
    finished_at Nullable(DateTime64(6, 'UTC')),
    status LowCardinality(String) COMMENT 'running, ok, error',
    rows_written UInt64 COMMENT 'counted in the table',
    rows_read UInt64,
    err_msg String,
    from_date Nullable(Date) COMMENT 'first Moscow day worked on',
    to_date Nullable(Date) COMMENT 'last Moscow day worked on',
    host String,
    version_tag String,
    dag_id LowCardinality(String),
    dag_run_id String,
    run_type LowCardinality(String),
    try_number UInt16,
    log_url String,
    _ver UInt64 COMMENT 'microseconds since 1970 when this state was reached'
)
ENGINE = ReplacingMergeTree(_ver)
PARTITION BY toYYYYMM(started_at)
ORDER BY (job, run_id)
