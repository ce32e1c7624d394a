-- The shows that QTickets has told of, with and without sales, each as it was last read.
CREATE TABLE IF NOT EXISTS zakaz.dim_show
(
    event_id UInt64 COMMENT 'as QTickets numbers it',
    show_id UInt64 COMMENT 'one showing of the event',
    event_name String COMMENT 'as QTickets had it when the show was last read',
    city String COMMENT 'as QTickets writes it, empty if it can be no city',
    place_name String COMMENT 'hall or club, as QTickets writes it; empty where it is not known',
    time_zone String COMMENT 'IANA name of the zone of the city, as QTickets writes it',
    starts_at Nullable(DateTime64(6, 'UTC')) COMMENT 'UTC instant of the start; NULL where it is not known',
    event_date Nullable(Date) COMMENT 'day of the show, where it is held; NULL without a start',
    is_active Nullable(Bool) COMMENT '1: both the show and its event are active; NULL: not known',
    is_deleted Bool COMMENT '1: the show or its event is deleted',
    sale_start Nullable(DateTime64(6, 'UTC')) COMMENT 'UTC instant; NULL: QTickets gives none',
    sale_finish Nullable(DateTime64(6, 'UTC')) COMMENT 'UTC instant; NULL: QTickets gives none',
    min_price Nullable(Decimal(18, 2)) COMMENT 'rubles for a ticket; NULL where it is not known',
    max_price Nullable(Decimal(18, 2)) COMMENT 'rubles for a ticket; NULL where it is not known',
    read_at DateTime64(6, 'UTC') COMMENT 'UTC instant at which it was last read',
    source LowCardinality(String) DEFAULT 'qtickets' COMMENT 'whose show: qtickets or qtickets:NAME',
    _ver UInt64 DEFAULT toUnixTimestamp64Micro(now64(6))
    COMMENT 'microseconds since 1970, 0 if taken from what was landed; the highest wins'
)
ENGINE = ReplacingMergeTree(_ver)
ORDER BY (event_id, show_id)
COMMENT 'The shows that QTickets has told of, as last read; current rows with FINAL'
