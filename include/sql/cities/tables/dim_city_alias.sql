-- Spellings by which a city is known.
-- Seeded from include/city_aliases.csv and kept editable: INSERT INTO zakaz.dim_city_alias (alias, city) VALUES
-- ('питер', 'Санкт-Петербург') adds or changes one, the same with _deleted = 1 takes one out, and `bin/zakaz migrate`
-- never brings a changed one back.
CREATE TABLE IF NOT EXISTS zakaz.dim_city_alias
(
    alias String,
    city String,
    _ver UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)),
    _deleted UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
ORDER BY alias
