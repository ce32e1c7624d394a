-- The days from the first to the last, both included, as an array; empty if the last is before the first.
CREATE OR REPLACE FUNCTION zakaz_days AS (first_day, last_day) -> arrayMap(
    day_number -> toDate(day_number), range(toUInt16(first_day), toUInt16(last_day) + 1)
)
