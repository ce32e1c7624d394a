-- The figures of each ad on each Moscow day. No TTL: VK serves only 366 days, this table is the archive.
CREATE TABLE IF NOT EXISTS zakaz.stg_vk_ads_daily
(
    stat_date Date COMMENT 'Moscow day',
    account_id UInt64,
    campaign_id UInt64 COMMENT 'ad_plan',
    campaign_name LowCardinality(String),
    ad_group_id UInt64,
    ad_group_name LowCardinality(String),
    ad_id UInt64 COMMENT 'banner',
    ad_name LowCardinality(String),
    impressions UInt64,
    clicks UInt64,
    goals UInt64,
    spend Decimal(18, 2) COMMENT 'rubles net of VAT',
    link LowCardinality(String),
    utm_source LowCardinality(String) COMMENT 'with the ids in place of the macros',
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    utm_content LowCardinality(String),
    utm_term LowCardinality(String),
    _ver UInt64 COMMENT 'microseconds since 1970 of the build that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone at the source'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
PARTITION BY toYYYYMM(stat_date)
ORDER BY (stat_date, account_id, ad_id)
