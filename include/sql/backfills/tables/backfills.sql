-- The ledger of backfills: one row per backfill and Moscow day, with the day's figures before and after.
CREATE TABLE IF NOT EXISTS meta.backfills
(
    backfill_id UUID COMMENT 'one backfill, for all its days',
    day Date COMMENT 'Moscow day',
    from_date Date COMMENT 'first Moscow day asked for',
    to_date Date COMMENT 'last Moscow day asked for',
    stage LowCardinality(String) COMMENT 'all, or the one task that was asked for',
    reason String COMMENT 'as it was typed',
    asked_by String COMMENT 'who asked for it',
    version_tag String COMMENT 'version of the code (VERSION_TAG)',
    started_at DateTime64(6, 'UTC') COMMENT 'UTC instant when it began',
    finished_at Nullable(DateTime64(6, 'UTC')) COMMENT 'UTC instant of its end; NULL while it goes on',
    state LowCardinality(String) COMMENT 'planned, ok, red, missing, stopped',
    err_msg String COMMENT 'error of the day, one line; empty if there is none',
    spend_before Decimal(18, 2) COMMENT 'rubles net of VAT before it',
    spend_after Nullable(Decimal(18, 2)) COMMENT 'rubles net of VAT after it; NULL while it goes on',
    clicks_before UInt64 COMMENT 'clicks on ads before it',
    clicks_after Nullable(UInt64) COMMENT 'clicks on ads after it; NULL while it goes on',
    revenue_before Decimal(18, 2) COMMENT 'rubles before it, refunds taken off, by day of sale',
    revenue_after Nullable(Decimal(18, 2)) COMMENT 'rubles after it, refunds taken off; NULL while it goes on',
    tickets_before UInt64 COMMENT 'tickets sold, before it',
    tickets_after Nullable(UInt64) COMMENT 'tickets sold, after it; NULL while it goes on',
    _ver UInt64 COMMENT 'microseconds since 1970 when this state was reached'
)
ENGINE = ReplacingMergeTree(_ver)
PARTITION BY toYYYYMM(started_at)
ORDER BY (backfill_id, day)
COMMENT 'The ledger of backfills: one row per backfill and Moscow day; the last state with FINAL'
