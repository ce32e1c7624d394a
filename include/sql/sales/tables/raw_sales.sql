-- The lines of sales exports as received. The sales staging is built from them. No personal data.
CREATE TABLE IF NOT EXISTS zakaz.raw_sales
(
    load_id UUID COMMENT 'one load of a file',
    line_no UInt32 COMMENT 'place of the line in its load',
    loaded_at DateTime64(6, 'UTC'),
    report_date Date COMMENT 'Moscow day of the sale or refund',
    event_date Date COMMENT 'day of the show, where it is held',
    event_id UInt64,
    event_name String,
    show_id UInt64,
    city String,
    utm_source String,
    utm_campaign String,
    tickets_sold UInt32,
    tickets_refunded UInt32 COMMENT 'counted on the day of the refund',
    revenue Decimal(18, 2) COMMENT 'rubles',
    refunds_amount Decimal(18, 2) COMMENT 'rubles',
    currency LowCardinality(String),
    source LowCardinality(String) DEFAULT 'qtickets' COMMENT 'whose sales: qtickets, or file:NAME',
    file_name String
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(loaded_at)
ORDER BY (load_id, line_no)
TTL toDateTime(loaded_at) + toIntervalDay({raw_days:UInt16})
