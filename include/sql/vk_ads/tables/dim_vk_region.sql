-- The regions that ad groups can target. Read again only when a group targets one that is not here.
CREATE TABLE IF NOT EXISTS zakaz.dim_vk_region
(
    region_id UInt64 COMMENT 'region of VK Ads',
    parent_id UInt64 COMMENT 'region that it is a part of; 0: none',
    name String COMMENT 'in Russian, as VK had it when its regions were last read',
    _ver UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'microseconds since 1970; the highest wins'
)
ENGINE = ReplacingMergeTree(_ver)
ORDER BY region_id
COMMENT 'The regions of VK Ads: countries, their parts, cities; current rows with FINAL'
