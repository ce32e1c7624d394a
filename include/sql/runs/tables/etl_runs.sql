-- One row per attempt of a task; the last state wins.
CREATE TABLE IF NOT EXISTS meta.etl_runs
(
    job LowCardinality(String) COMMENT 'task id',
    run_id UUID COMMENT 'UUIDv5 of dag, run, task, map index and try',
    started_at DateTime64(6, 'UTC') COMMENT 'UTC instant of its begin',
    finished_at Nullable(DateTime64(6, 'UTC')) COMMENT 'UTC instant of its end; NULL while it runs',
    status LowCardinality(String) COMMENT 'running, ok, error',
    rows_written UInt64 COMMENT 'counted in the table',
    rows_read UInt64 COMMENT 'rows read from its source',
    err_msg String COMMENT 'error, one line; empty if there is none',
    from_date Nullable(Date) COMMENT 'first Moscow day worked on',
    to_date Nullable(Date) COMMENT 'last Moscow day worked on',
    host String COMMENT 'machine that it ran on',
    version_tag String COMMENT 'version of the code (VERSION_TAG)',
    dag_id LowCardinality(String) COMMENT 'DAG of Airflow; empty outside of it',
    dag_run_id String COMMENT 'id of the run in Airflow; outside of it a name of its own',
    run_type LowCardinality(String) COMMENT 'kind of the run, such as scheduled, backfill, manual',
    try_number UInt16 COMMENT 'number of the try of its task, from 1',
    log_url String COMMENT 'its log in Airflow; empty where it has none',
    _ver UInt64 COMMENT 'microseconds since 1970 when this state was reached'
)
ENGINE = ReplacingMergeTree(_ver)
PARTITION BY toYYYYMM(started_at)
ORDER BY (job, run_id)
COMMENT 'One row per attempt of a task; the last state with FINAL'
