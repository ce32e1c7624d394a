-- The shows of the landed tickets, as received from QTickets: names, cities and days.
-- One that QTickets doesn't know has what is known of its event.
CREATE TABLE IF NOT EXISTS zakaz.raw_qtickets_shows
(
    fetch_id UUID COMMENT 'one fetch',
    event_id UInt64 COMMENT '0 where it is not known',
    show_id UInt64 COMMENT '0 where it is not known',
    fetched_at DateTime64(6, 'UTC') COMMENT 'begin of the fetch',
    event_name String COMMENT 'as QTickets has it',
    city String COMMENT 'as QTickets writes it, empty if it can be no city',
    time_zone String COMMENT 'IANA name of the zone of the city, as QTickets writes it',
    starts_at Nullable(DateTime64(6, 'UTC')) COMMENT 'UTC instant of the start; NULL where it is not known',
    event_date Nullable(Date) COMMENT 'day of the show, where it is held; NULL without a start'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(fetched_at)
ORDER BY (fetch_id, event_id, show_id)
TTL toDateTime(fetched_at) + toIntervalDay({raw_days:UInt16})
COMMENT 'The shows of the landed tickets, as received from QTickets; kept for RAW_DAYS days'
