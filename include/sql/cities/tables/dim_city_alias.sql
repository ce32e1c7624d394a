-- Spellings of cities.
-- Seeded from include/city_aliases.csv and editable: INSERT INTO zakaz.dim_city_alias (alias, city) VALUES
-- ('питер', 'Санкт-Петербург') adds or changes one, the same with _deleted = 1 removes one, and `bin/zakaz migrate`
-- never restores a changed one. One that is also a name or a title should be weak.
CREATE TABLE IF NOT EXISTS zakaz.dim_city_alias
(
    alias String,
    city String,
    is_weak Nullable(Bool)
    COMMENT '1: also a name, a title or a part of another city, and counts only where no text of the ad names a city
    otherwise; NULL: nobody has said, and migrate may set it',
    _ver UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)),
    _deleted UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
ORDER BY alias
