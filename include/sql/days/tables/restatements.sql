-- Restatements: changes of a source's sums for days that had been loaded before. Never overwritten.
CREATE TABLE IF NOT EXISTS meta.restatements
(
    day Date COMMENT 'Moscow day',
    loaded_at DateTime64(6, 'UTC') COMMENT 'when the new sum was loaded',
    source LowCardinality(String) COMMENT 'vk_ads, qtickets',
    field LowCardinality(String) COMMENT 'column of the staging',
    before Decimal(18, 2) COMMENT 'sum of the day; rubles for money',
    after Decimal(18, 2)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(loaded_at)
ORDER BY (source, day, field, loaded_at)
