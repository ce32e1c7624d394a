-- The newest Moscow day that is due at an instant.
-- Yesterday from 07:30 on, until then the day before. The daily run starts at 05:35 and takes minutes.
CREATE OR REPLACE FUNCTION zakaz_due_day AS (instant) -> toDate(
    toTimeZone(instant - toIntervalMinute(7 * 60 + 30), 'Europe/Moscow')
) - 1
