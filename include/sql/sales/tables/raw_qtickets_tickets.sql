-- The tickets received from QTickets, reduced to the fields that we read. No personal data.
-- The sales staging is built from them.
CREATE TABLE IF NOT EXISTS zakaz.raw_qtickets_tickets
(
    fetch_id UUID COMMENT 'one fetch',
    ticket_no UInt32 COMMENT 'place of the ticket in its fetch',
    fetched_at DateTime64(6, 'UTC') COMMENT 'begin of the fetch',
    order_id UInt64 COMMENT 'as QTickets numbers it',
    basket_id UInt64 COMMENT 'the ticket',
    event_id UInt64 COMMENT 'of its show; 0 where it is not known',
    show_id UInt64 COMMENT '0 where it is not known',
    payed_at DateTime64(6, 'UTC') COMMENT 'UTC instant of the payment of its order',
    cancelled Bool COMMENT 'the ticket or its whole order was taken back',
    price Decimal(18, 2) COMMENT 'rubles for one, after the discount',
    quantity UInt32 COMMENT 'tickets in the line of the order',
    refunded_at Nullable(DateTime64(6, 'UTC')) COMMENT 'UTC instant of the refund; NULL: not refunded',
    refunded_amount Decimal(18, 2) COMMENT 'rubles that went back',
    utm_source String COMMENT 'of the order; empty where it has none',
    utm_medium String COMMENT 'of the order; empty where it has none',
    utm_campaign String COMMENT 'of the order; empty where it has none',
    utm_content String COMMENT 'of the order; empty where it has none',
    utm_term String COMMENT 'of the order; empty where it has none',
    promo_code_id UInt64 COMMENT 'of the order, as QTickets numbers it; 0: none',
    discount_id UInt64 COMMENT 'of the order, as QTickets numbers it; 0: none',
    discount Decimal(18, 2) COMMENT 'rubles for one that are no longer in its price',
    service_fee Decimal(18, 2) COMMENT 'rubles for one; whether the price holds them is not documented',
    refund_kept Decimal(18, 2) COMMENT 'rubles of the price that were kept at the refund',
    currency LowCardinality(String) COMMENT 'ISO code; the staging takes RUB only',
    updated_at Nullable(DateTime64(6, 'UTC')) COMMENT 'last change of its order, as QTickets says it'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(fetched_at)
ORDER BY (fetch_id, ticket_no)
TTL toDateTime(fetched_at) + toIntervalDay({raw_days:UInt16})
COMMENT 'The tickets received from QTickets, without personal data; kept for RAW_DAYS days'
