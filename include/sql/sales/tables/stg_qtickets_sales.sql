-- Tickets sold and refunded on each Moscow day, by any loader. No TTL, no personal data.
CREATE TABLE IF NOT EXISTS zakaz.stg_qtickets_sales
(
    report_date Date COMMENT 'Moscow day of the sale or refund',
    event_date Date COMMENT 'day of the show, where it is held; 1970-01-01 where it is not known',
    event_id UInt64 COMMENT 'as its source numbers it',
    event_name String COMMENT 'as its source had it when the row was loaded',
    show_id UInt64 COMMENT 'one showing of the event; 0 where it is not known',
    city String COMMENT 'as the source writes it; unknown where it says none',
    utm_source String COMMENT 'of the order; empty where it has none',
    utm_campaign String COMMENT 'of the order; empty where it has none',
    source LowCardinality(String) DEFAULT 'qtickets' COMMENT 'whose sales: qtickets, qtickets:NAME or file:NAME',
    tickets_sold UInt32 COMMENT 'tickets, by the day of payment; a refund does not lessen them',
    tickets_refunded UInt32 COMMENT 'tickets, counted on the day of the refund',
    revenue Decimal(18, 2) COMMENT 'rubles paid by buyers with VAT, after discounts, before commission and refunds',
    refunds_amount Decimal(18, 2) COMMENT 'rubles, counted on the day of the refund',
    discount_amount Decimal(18, 2) COMMENT 'rubles that are no longer in revenue, by the day of payment',
    service_fee_amount Decimal(18, 2) COMMENT 'rubles of fees on the tickets sold; may be in revenue: not documented',
    refund_kept_amount Decimal(18, 2) COMMENT 'rubles that buyers did not get back, counted on the day of the refund',
    currency LowCardinality(String) COMMENT 'RUB: others are not loaded',
    -- Not in the key: code of before, which knows nothing of it, replaces a row as a whole.
    breakdown Array(
        Tuple( -- noqa: CP01
            sold_on Date,
            utm_medium String,
            utm_content String,
            utm_term String,
            promo_code_id UInt64,
            discount_id UInt64,
            tickets_sold UInt32,
            tickets_refunded UInt32,
            revenue Decimal(18, 2),
            refunds_amount Decimal(18, 2)
        )
    ) COMMENT 'what the sums are made of, by the day of payment, other tags and ids; empty: loaded before 2.0',
    _ver UInt64 COMMENT 'microseconds since 1970 of the build that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone at the source'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
PARTITION BY toYYYYMM(report_date)
PRIMARY KEY (report_date, event_date, event_id, show_id, city, utm_source, utm_campaign)
ORDER BY (report_date, event_date, event_id, show_id, city, utm_source, utm_campaign, source)
COMMENT 'Tickets sold and refunded on each Moscow day, by any loader; current rows with FINAL'
