-- Spellings of cities.
-- Seeded from include/city_aliases.csv and editable: INSERT INTO zakaz.dim_city_alias (alias, city) VALUES
-- ('питер', 'Санкт-Петербург') adds or changes one, the same with _deleted = 1 removes one, and `bin/zakaz migrate`
-- never restores a changed one. One that is also a name or a title should be weak.
CREATE TABLE IF NOT EXISTS zakaz.dim_city_alias
(
    alias String COMMENT 'spelling, in lower case, with е for ё',
    city String COMMENT 'canonical name of the city',
    is_weak Nullable(Bool) COMMENT '1: a name or title too, outweighed by any other city of the ad; NULL: not said',
    _ver UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'microseconds since 1970; the highest wins',
    _deleted UInt8 DEFAULT 0 COMMENT '1: the spelling is no longer used'
)
ENGINE = ReplacingMergeTree(_ver, _deleted)
ORDER BY alias
COMMENT 'Spellings of cities: edit them with INSERT, migrate leaves a changed one as it is'
