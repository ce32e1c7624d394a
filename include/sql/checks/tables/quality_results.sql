-- The result of each check for each Moscow day; the latest one wins.
CREATE TABLE IF NOT EXISTS meta.quality_results
(
    day Date COMMENT 'Moscow day looked at',
    check_name LowCardinality(String) COMMENT 'as its file in include/sql/checks names it',
    code LowCardinality(String) COMMENT 'code of the alert that it leads to',
    severity LowCardinality(String) COMMENT 'fail, warn',
    subject String COMMENT 'what was looked at',
    expected String COMMENT 'what it should be',
    found String COMMENT 'what it is',
    passed UInt8 COMMENT '1: as expected, 0: not',
    checked_at DateTime64(6, 'UTC') COMMENT 'UTC instant when it was looked at',
    run_id UUID COMMENT 'the attempt that looked, zeros for the command line',
    _ver UInt64 COMMENT 'microseconds since 1970 when it was looked at'
)
ENGINE = ReplacingMergeTree(_ver)
PARTITION BY toYYYYMM(day)
ORDER BY (day, check_name)
COMMENT 'The result of each check for each Moscow day; the latest one with FINAL'
