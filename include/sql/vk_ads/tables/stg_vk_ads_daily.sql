-- The figures of each ad on each Moscow day. No TTL: VK serves only 366 days, this table is the archive.
CREATE TABLE IF NOT EXISTS zakaz.stg_vk_ads_daily
(
    stat_date Date COMMENT 'Moscow day',
    account_id UInt64 COMMENT 'account of VK Ads',
    campaign_id UInt64 COMMENT 'ad_plan',
    campaign_name LowCardinality(String) COMMENT 'as VK had it when the row was loaded',
    ad_group_id UInt64 COMMENT 'ad_group of VK Ads',
    ad_group_name LowCardinality(String) COMMENT 'as VK had it when the row was loaded',
    ad_id UInt64 COMMENT 'banner',
    ad_name LowCardinality(String) COMMENT 'as VK had it when the row was loaded',
    impressions UInt64 COMMENT 'shows of the ad',
    clicks UInt64 COMMENT 'clicks on the ad',
    goals UInt64 COMMENT 'goals by the pixel of VK itself, else all that VK counts',
    base_goals UInt64 COMMENT 'all goals that VK counts',
    vk_goals UInt64 COMMENT 'goals by the pixel of VK itself',
    spend Decimal(18, 2) COMMENT 'rubles net of VAT',
    link LowCardinality(String) COMMENT 'page that the ad leads to',
    utm_source LowCardinality(String) COMMENT 'with the ids in place of the macros',
    utm_medium LowCardinality(String) COMMENT 'with the ids in place of the macros',
    utm_campaign LowCardinality(String) COMMENT 'with the ids in place of the macros',
    utm_content LowCardinality(String) COMMENT 'with the ids in place of the macros',
    utm_term LowCardinality(String) COMMENT 'with the ids in place of the macros',
    targeted_region UInt64 COMMENT 'the one region that the ad group targets; 0: several, none, or not known',
    _ver UInt64 COMMENT 'microseconds since 1970 of the build that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone at the source'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
PARTITION BY toYYYYMM(stat_date)
ORDER BY (stat_date, account_id, ad_id)
COMMENT 'The figures of each ad on each Moscow day, kept for ever; current rows with FINAL'
