-- The accounts of VK Ads that were opened.
CREATE TABLE IF NOT EXISTS zakaz.dim_vk_account
(
    account_id UInt64 COMMENT 'account of VK Ads',
    account_name String COMMENT 'username, as VK had it when the account was last read; empty: VK gave none',
    currency LowCardinality(String) COMMENT 'as VK writes it; empty: VK named none, taken for rubles',
    _ver UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'microseconds since 1970; the highest wins'
)
ENGINE = ReplacingMergeTree(_ver)
ORDER BY account_id
COMMENT 'The accounts of VK Ads; current rows with FINAL'
