-- The plan of each month, which is what include/plan.csv says.
-- `bin/zakaz migrate` writes it, and removes what the file no longer has.
CREATE TABLE IF NOT EXISTS zakaz.month_plan
(
    month Date COMMENT 'first day of the month',
    account_id UInt64 COMMENT 'account of VK Ads',
    city String COMMENT 'canonical name of the city, as in the marts',
    budget Decimal(18, 2) COMMENT 'rubles net of VAT',
    revenue_plan Decimal(18, 2) COMMENT 'rubles, as revenue in the mart of sales',
    _ver UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'microseconds since 1970; the highest wins',
    _deleted UInt8 DEFAULT 0 COMMENT '1: no longer in the file'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
ORDER BY (month, account_id, city)
COMMENT 'The plan of each month, by account and city: edit include/plan.csv, and run migrate; current rows with FINAL'
