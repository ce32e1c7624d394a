-- The mart of ticket sales.
CREATE TABLE IF NOT EXISTS zakaz.dm_sales_daily
(
    sale_date Date COMMENT 'Moscow day of the sale or refund',
    event_date Date COMMENT 'day of the show, where it is held; 1970-01-01 where it is not known',
    city String COMMENT 'canonical name; by zakaz_city_name where no alias is known, unknown where there is none',
    event_id UInt64 COMMENT 'as its source numbers it',
    source LowCardinality(String) DEFAULT 'qtickets' COMMENT 'whose sales: qtickets, qtickets:NAME or file:NAME',
    event_name String COMMENT 'as its source had it when the row was loaded',
    tickets_sold UInt64 COMMENT 'tickets, by the day of payment; a refund does not lessen them',
    tickets_refunded UInt64 COMMENT 'tickets, counted on the day of the refund',
    revenue Decimal(18, 2) COMMENT 'rubles paid by buyers with VAT, after discounts, before commission and refunds',
    refunds_amount Decimal(18, 2) COMMENT 'rubles that went back to buyers, on the day of the refund',
    net_revenue Decimal(18, 2) COMMENT 'rubles: revenue - refunds_amount',
    discount_amount Decimal(18, 2) COMMENT 'rubles that are no longer in revenue, by the day of payment',
    service_fee_amount Decimal(18, 2) COMMENT 'rubles of fees on the tickets sold; may be in revenue: not documented',
    refund_kept_amount Decimal(18, 2) COMMENT 'rubles that buyers did not get back, counted on the day of the refund',
    _ver UInt64 COMMENT 'microseconds since 1970 of the build that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone in the staging'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
PARTITION BY toYYYYMM(sale_date)
PRIMARY KEY (sale_date, event_date, city, event_id)
ORDER BY (sale_date, event_date, city, event_id, source)
COMMENT 'The mart of ticket sales, by the Moscow day of the sale or refund; current rows with FINAL'
