-- The lines of sales exports as received. The sales staging is built from them. No personal data.
CREATE TABLE IF NOT EXISTS zakaz.raw_sales
(
    load_id UUID COMMENT 'one load of a file',
    line_no UInt32 COMMENT 'place of the line in its load',
    loaded_at DateTime64(6, 'UTC') COMMENT 'UTC instant of the load',
    report_date Date COMMENT 'Moscow day of the sale or refund',
    event_date Date COMMENT 'day of the show, where it is held',
    event_id UInt64 COMMENT 'as the file numbers it',
    event_name String COMMENT 'as the file has it',
    show_id UInt64 COMMENT 'one showing of the event; 0 where the file does not say it',
    city String COMMENT 'as the file writes it',
    utm_source String COMMENT 'of the order; empty where the file does not say it',
    utm_medium String COMMENT 'of the order; empty where the file does not say it',
    utm_campaign String COMMENT 'of the order; empty where the file does not say it',
    utm_content String COMMENT 'of the order; empty where the file does not say it',
    utm_term String COMMENT 'of the order; empty where the file does not say it',
    promo_code_id UInt64 COMMENT 'of the order, as the file numbers it; 0: none',
    discount_id UInt64 COMMENT 'of the order, as the file numbers it; 0: none',
    tickets_sold UInt32 COMMENT 'tickets, by the day of sale',
    tickets_refunded UInt32 COMMENT 'tickets, counted on the day of the refund',
    revenue Decimal(18, 2) COMMENT 'rubles, before refunds',
    refunds_amount Decimal(18, 2) COMMENT 'rubles, on the day of the refund',
    discount_amount Decimal(18, 2) COMMENT 'rubles that are no longer in revenue; 0 where the file does not say it',
    service_fee_amount Decimal(18, 2) COMMENT 'rubles of fees on the tickets sold; 0 where the file does not say it',
    refund_kept_amount Decimal(18, 2) COMMENT 'rubles kept at refunds, on their day; 0 where the file does not say it',
    currency LowCardinality(String) COMMENT 'RUB: others are not loaded',
    source LowCardinality(String) DEFAULT 'qtickets' COMMENT 'whose sales: qtickets, qtickets:NAME or file:NAME',
    file_name String COMMENT 'of the file, without its folder'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(loaded_at)
ORDER BY (load_id, line_no)
TTL toDateTime(loaded_at) + toIntervalDay({raw_days:UInt16})
COMMENT 'The lines of sales exports as received; kept for RAW_DAYS days'
