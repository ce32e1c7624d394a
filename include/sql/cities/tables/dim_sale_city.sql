-- The cities of sales and shows, each spelling of a source once, with what the city rule makes of it.
-- Kept, since whoever reads spend by city needs the names of the cities that have sales.
CREATE TABLE IF NOT EXISTS zakaz.dim_sale_city
(
    spelling String COMMENT 'as the source writes it',
    city String COMMENT 'canonical name; by zakaz_city_name where no alias is known, unknown where there is none',
    alias String COMMENT 'the name as texts of ads spell it; empty: dim_city_alias knows it, or nothing was sold there',
    _ver UInt64 COMMENT 'microseconds since 1970 of the statement that wrote the row; the highest wins',
    _deleted UInt8 COMMENT '1: gone in the sales and shows'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
ORDER BY spelling
COMMENT 'The cities of sales and shows by the spellings of their sources; current rows with FINAL'
