-- The tags of each ad group in each month in which its ads had figures. Sales are attributed by them.
CREATE TABLE IF NOT EXISTS zakaz.dim_vk_tags
(
    month Date COMMENT 'first day of a month',
    account_id UInt64 COMMENT 'account of VK Ads',
    campaign_id UInt64 COMMENT 'ad_plan of VK Ads',
    ad_group_id UInt64 COMMENT 'ad_group of VK Ads',
    utm_source LowCardinality(String) COMMENT 'as zakaz_tag writes it; never empty',
    utm_campaign LowCardinality(String) COMMENT 'as zakaz_tag writes it',
    first_day Date COMMENT 'first Moscow day of the month with figures under these tags',
    last_day Date COMMENT 'last such day of the month',
    _ver UInt64 COMMENT 'microseconds since 1970 of the build that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone in the staging'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
PARTITION BY toYear(month)
ORDER BY (month, account_id, campaign_id, ad_group_id, utm_source, utm_campaign)
COMMENT 'The tags of each ad group of VK Ads in each month with figures; current rows with FINAL'
