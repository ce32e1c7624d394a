-- A source's own total of each day; the latest one wins.
-- For VK Ads it comes from another endpoint than the rows of the staging; for QTickets it is the sum of the tickets
-- that were read, and says whether a day without any was confirmed.
CREATE TABLE IF NOT EXISTS meta.source_totals
(
    day Date COMMENT 'Moscow day',
    source LowCardinality(String) COMMENT 'vk_ads, qtickets or qtickets:NAME',
    account_id UInt64 COMMENT '0 where the source has one account only',
    state LowCardinality(String) COMMENT 'FIGURES, CONFIRMED_ZERO (it said so), SUSPECT_ZERO (its two answers differ)',
    impressions UInt64 COMMENT 'shows of ads (vk_ads)',
    clicks UInt64 COMMENT 'clicks on ads (vk_ads)',
    amount Decimal(18, 2) COMMENT 'rubles: spend net of VAT (vk_ads), revenue (qtickets)',
    tickets Nullable(UInt64) COMMENT 'sold (qtickets); NULL: not said',
    refunds Nullable(Decimal(18, 2)) COMMENT 'rubles (qtickets), as the staging counts them; NULL: not said',
    fetch_id UUID COMMENT 'the fetch that brought it',
    fetched_at DateTime64(6, 'UTC') COMMENT 'UTC instant of that fetch',
    _ver UInt64 COMMENT 'microseconds since 1970 of the fetch that wrote the row; the highest wins'
)
ENGINE = ReplacingMergeTree(_ver)
PARTITION BY toYYYYMM(day)
ORDER BY (day, source, account_id)
COMMENT 'The total that a source itself gives for each Moscow day; the latest one with FINAL'
