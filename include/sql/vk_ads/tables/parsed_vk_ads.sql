-- The parsed statistics of raw_vk_ads, one row per ad and reply.
-- The checks of a fetch and the build of the staging read them, so that the JSON is parsed only once. Needed only
-- during a load, deleted after two days.
CREATE TABLE IF NOT EXISTS zakaz.parsed_vk_ads
(
    fetch_id UUID COMMENT 'one fetch of one account',
    account_id UInt64 COMMENT 'account of VK Ads',
    reply_no UInt32 COMMENT 'place of the reply in its fetch',
    item_no UInt32 COMMENT 'place of the ad in its reply; 0 if the reply has no ads',
    parsed_at DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'UTC instant of the parsing',
    from_date Date COMMENT 'first Moscow day asked for',
    to_date Date COMMENT 'last Moscow day asked for',
    is_asked Bool COMMENT 'the ad was asked for',
    ad_id Nullable(UInt64) COMMENT 'banner of VK Ads; NULL: can not be read',
    stat_dates Array(Nullable(Date)) COMMENT 'Moscow days of the figures; NULL: can not be read',
    impressions Array(Nullable(UInt64)) COMMENT 'shows on each of stat_dates; NULL: can not be read',
    clicks Array(Nullable(UInt64)) COMMENT 'clicks on each of stat_dates; NULL: can not be read',
    goals Array(Nullable(UInt64)) COMMENT 'goals on each of stat_dates, as in the staging; NULL: can not be read',
    base_goals Array(UInt64) COMMENT 'all that VK counts, on each of stat_dates; 0 where it gives none',
    vk_goals Array(UInt64) COMMENT 'those of the pixel of VK itself, on each of stat_dates; 0 where it gives none',
    spend Array(Nullable(Decimal(18, 2))) COMMENT 'rubles net of VAT on each of stat_dates; NULL: can not be read',
    unreadable Array(String) COMMENT 'days whose date or figures can not be read, as VK wrote them',
    total_impressions Nullable(UInt64) COMMENT 'the total that VK gives for the ad',
    total_clicks Nullable(UInt64) COMMENT 'the total that VK gives for the ad',
    total_spend Nullable(Decimal(18, 2)) COMMENT 'rubles net of VAT: the total that VK gives for the ad',
    reply_impressions Nullable(UInt64) COMMENT 'the total that VK gives for the whole reply',
    reply_clicks Nullable(UInt64) COMMENT 'the total that VK gives for the whole reply',
    reply_spend Nullable(Decimal(18, 2)) COMMENT 'rubles net of VAT: the total that VK gives for the whole reply'
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(parsed_at)
ORDER BY (account_id, fetch_id, reply_no, item_no)
TTL toDateTime(parsed_at) + toIntervalDay(2)
-- Too short-lived for merges to pay off: they would only slow down the load. Expired parts are still dropped.
SETTINGS -- noqa: PRS
    max_bytes_to_merge_at_max_space_in_pool = 1000000,
    max_bytes_to_merge_at_min_space_in_pool = 1000000
COMMENT 'The parsed statistics of raw_vk_ads, one row per ad and reply; kept for two days'
