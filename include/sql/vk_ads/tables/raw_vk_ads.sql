-- The replies of the VK Ads API: as received, or as they were read if the engine would read them otherwise.
-- Lists, statistics of ads and of the account (users), and refusals of single ads (refused). The staging is built from
-- them, and can be rebuilt without the API for RAW_DAYS days.
CREATE TABLE IF NOT EXISTS zakaz.raw_vk_ads
(
    fetch_id UUID COMMENT 'one fetch of one account',
    reply_no UInt32 COMMENT 'place of the reply in its fetch',
    account_id UInt64 COMMENT 'account of VK Ads',
    resource LowCardinality(String) COMMENT 'ad_plans, ad_groups, banners, statistics, users, refused',
    request String COMMENT 'the parameters asked with, as JSON',
    from_date Date COMMENT 'first Moscow day that the reply is about; for a list, of the fetch',
    to_date Date COMMENT 'last Moscow day that the reply is about; for a list, of the fetch',
    fetched_at DateTime64(6, 'UTC') COMMENT 'UTC instant of the reply',
    body String COMMENT 'the reply, JSON' CODEC (ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(fetched_at)
ORDER BY (account_id, fetch_id, reply_no)
TTL toDateTime(fetched_at) + toIntervalDay({raw_days:UInt16})
-- A reply is large and is read once or twice, so parts of this size are not merged. Expired parts are still dropped.
SETTINGS -- noqa: PRS
    max_bytes_to_merge_at_max_space_in_pool = 1000000,
    max_bytes_to_merge_at_min_space_in_pool = 1000000
COMMENT 'The replies of the VK Ads API as received; kept for RAW_DAYS days'
