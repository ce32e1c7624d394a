-- The ledger of backfills: one row per backfill and Moscow day, with the day's figures before and after.
CREATE TABLE IF NOT EXISTS meta.backfills
(
    backfill_id UUID,
    day Date COMMENT 'Moscow day',
    from_date Date COMMENT 'first Moscow day asked for',
    to_date Date COMMENT 'last Moscow day asked for',
    stage LowCardinality(String) COMMENT 'all, or the one task that was asked for',
    reason String,
    asked_by String,
    version_tag String,
    started_at DateTime64(6, 'UTC'),
    finished_at Nullable(DateTime64(6, 'UTC')) COMMENT 'NULL while it goes on',
    state LowCardinality(String) COMMENT 'planned, ok, red, missing, stopped',
    err_msg String,
    spend_before Decimal(18, 2) COMMENT 'rubles net of VAT',
    spend_after Nullable(Decimal(18, 2)),
    clicks_before UInt64,
    clicks_after Nullable(UInt64),
    revenue_before Decimal(18, 2) COMMENT 'rubles, by day of sale, refunds taken off',
    revenue_after Nullable(Decimal(18, 2)),
    tickets_before UInt64,
    tickets_after Nullable(UInt64),
    _ver UInt64 COMMENT 'microseconds since 1970 when this state was reached'
)
ENGINE = ReplacingMergeTree(_ver)
PARTITION BY toYYYYMM(started_at)
ORDER BY (backfill_id, day)
