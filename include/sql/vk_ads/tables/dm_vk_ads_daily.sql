-- The mart of ad spend.
CREATE TABLE IF NOT EXISTS zakaz.dm_vk_ads_daily
(
    stat_date Date COMMENT 'Moscow day',
    city String COMMENT 'by meta.v_cities_of_ads; unknown where no text names one',
    account_id UInt64 COMMENT 'account of VK Ads',
    campaign_id UInt64 COMMENT 'ad_plan of VK Ads',
    campaign_name String COMMENT 'as VK had it when the row was loaded',
    impressions UInt64 COMMENT 'shows of the ads',
    clicks UInt64 COMMENT 'clicks on the ads',
    goals UInt64 COMMENT 'goals by the pixel of VK itself, else all that VK counts',
    base_goals UInt64 COMMENT 'all goals that VK counts',
    vk_goals UInt64 COMMENT 'goals by the pixel of VK itself',
    spend Decimal(18, 2) COMMENT 'rubles net of VAT',
    _ver UInt64 COMMENT 'microseconds since 1970 of the build that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone in the staging'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
PARTITION BY toYYYYMM(stat_date)
ORDER BY (stat_date, city, account_id, campaign_id)
COMMENT 'The mart of ad spend, by Moscow day, city and campaign; current rows with FINAL'
