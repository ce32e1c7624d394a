-- What each ad did on each Moscow day. No TTL: VK serves 366 days back, this table is the archive.
CREATE TABLE IF NOT EXISTS zakaz.stg_vk_ads_daily
(
    stat_date Date COMMENT 'Moscow day',
    account_id UInt64,
    campaign_id UInt64 COMMENT 'ad_plan',
    campaign_name String,
    ad_group_id UInt64,
    ad_group_name String,
    ad_id UInt64 COMMENT 'banner',
    ad_name String,
    impressions UInt64,
    clicks UInt64,
    goals UInt64,
    spend Decimal(18, 2) COMMENT 'rubles net of VAT',
    link String,
    utm_source String COMMENT 'with the ids in place of the macros',
    utm_medium String,
    utm_campaign String,
    utm_content String,
    utm_term String,
    _ver UInt64 COMMENT 'microseconds since 1970 of the build that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone at the source'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
PARTITION BY toYYYYMM(stat_date)
ORDER BY (stat_date, account_id, ad_id)
