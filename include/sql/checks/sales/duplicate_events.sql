-- An event is in one city on one day. The city is part of the mart's key, so the same sales under two cities are not
-- caught by the key.
WITH doubles AS (
    SELECT
        event_id,
        event_date,
        groupArray(city) AS cities
    FROM zakaz.dm_sales_daily FINAL
    WHERE sale_date = {day:Date}
    GROUP BY
        event_id,
        event_date
    HAVING count() > 1
)

SELECT
    'MISMATCH' AS code,
    'fail' AS severity,
    'dm_sales_daily: event, show day' AS subject,
    'each show day of an event once' AS expected,
    if(
        count() = 0,
        'each show day of an event once',
        concat(
            toString(count()), ' more than once, e.g. event ', toString(min(event_id)), ' in ',
            arrayStringConcat(arraySort(argMin(cities, event_id)), ' and ')
        )
    ) AS found,
    count() = 0 AS passed
FROM doubles
