-- Restatements: changes of a source's sums for days that had been loaded before. Never overwritten.
CREATE TABLE IF NOT EXISTS meta.restatements
(
    day Date COMMENT 'Moscow day',
    loaded_at DateTime64(6, 'UTC') COMMENT 'UTC instant when the new sum was loaded',
    source LowCardinality(String) COMMENT 'vk_ads, qtickets or qtickets:NAME',
    field LowCardinality(String) COMMENT 'column of the staging',
    before Decimal(18, 2) COMMENT 'sum of the day as it was; rubles for money',
    after Decimal(18, 2) COMMENT 'sum of the day as it is now; rubles for money'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(loaded_at)
ORDER BY (source, day, field, loaded_at)
COMMENT 'Restatements: changes of the sums of days that had been loaded before; never overwritten'
