-- Tickets sold and refunded on each Moscow day, by any loader. No TTL, no personal data.
CREATE TABLE IF NOT EXISTS zakaz.stg_qtickets_sales
(
    report_date Date COMMENT 'Moscow day of the sale or refund',
    event_date Date COMMENT 'day of the show, where it is held; 1970-01-01 where it is not known',
    event_id UInt64,
    event_name String,
    show_id UInt64,
    city String COMMENT 'as the source writes it; unknown where it says none',
    utm_source String,
    utm_campaign String,
    source LowCardinality(String) DEFAULT 'qtickets' COMMENT 'whose sales: qtickets, or file:NAME',
    tickets_sold UInt32,
    tickets_refunded UInt32 COMMENT 'counted on the day of the refund',
    revenue Decimal(18, 2) COMMENT 'rubles',
    refunds_amount Decimal(18, 2) COMMENT 'rubles, counted on the day of the refund',
    currency LowCardinality(String),
    _ver UInt64 COMMENT 'microseconds since 1970 of the build that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone at the source'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
PARTITION BY toYYYYMM(report_date)
PRIMARY KEY (report_date, event_date, event_id, show_id, city, utm_source, utm_campaign)
ORDER BY (report_date, event_date, event_id, show_id, city, utm_source, utm_campaign, source)
