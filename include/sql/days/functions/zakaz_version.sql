-- The version of a row that is written now: the warehouse's clock in microseconds, but above the version that stands.
CREATE OR REPLACE FUNCTION zakaz_version AS (standing) -> greatest(
    toUInt64(toUnixTimestamp64Micro(now64(6))), standing + 1
)
