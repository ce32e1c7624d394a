-- The campaigns, ad groups and ads of VK Ads, each with its newest name.
-- `newest` is compared from its first member on, so that neither an old day that is loaded again nor the order in which
-- days are loaded brings an old name back.
CREATE TABLE IF NOT EXISTS zakaz.dim_vk_object -- noqa: PRS
(
    kind LowCardinality(String) COMMENT 'campaign (ad_plan of VK Ads), ad_group, ad (banner)',
    account_id UInt64 COMMENT 'account of VK Ads',
    object_id UInt64 COMMENT 'its id in VK Ads',
    newest SimpleAggregateFunction(max, Tuple(stat_date Date, ver UInt64, name String))
    COMMENT 'name on the newest Moscow day on which it had figures, by the newest build of that day',
    first_spend SimpleAggregateFunction(min, Nullable(Date)) COMMENT 'first Moscow day with spend; NULL: none yet'
)
ENGINE = AggregatingMergeTree
ORDER BY (kind, account_id, object_id)
COMMENT 'The newest names of campaigns, ad groups and ads of VK Ads; current rows with FINAL'
