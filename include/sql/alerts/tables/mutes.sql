-- Maintenance windows: muted alerts are recorded but not sent; the latest row of a job wins.
CREATE TABLE IF NOT EXISTS meta.mutes
(
    job LowCardinality(String) COMMENT 'task id, or all',
    until DateTime64(6, 'UTC') COMMENT 'UTC instant of its end',
    reason String COMMENT 'as it was typed',
    who String COMMENT 'user and host that muted it',
    muted_at DateTime64(6, 'UTC') COMMENT 'UTC instant when it was muted',
    _ver UInt64 COMMENT 'microseconds since 1970 when it was muted'
)
ENGINE = ReplacingMergeTree(_ver)
ORDER BY job
COMMENT 'Maintenance windows: muted alerts are recorded but not sent; the latest row of a job with FINAL'
