-- An event is in one city on one day. The city is part of the mart's key, so the same sales under two cities are not
-- caught by the key.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

doubles AS (
    SELECT
        sale_date,
        event_id,
        event_date,
        groupArray(city) AS cities
    FROM zakaz.dm_sales_daily FINAL
    WHERE sale_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY
        sale_date,
        event_id,
        event_date
    HAVING count() > 1
),

doubles_of_day AS (
    SELECT
        sale_date,
        count() AS double_count,
        min(event_id) AS first_event,
        arraySort(argMin(cities, (event_id, event_date))) AS first_cities
    FROM doubles
    GROUP BY sale_date
)

-- A day without doubles is joined with zeros.
SELECT
    days.day AS day,
    'MISMATCH' AS code,
    'fail' AS severity,
    'dm_sales_daily: event, show day' AS subject,
    'each show day of an event once' AS expected,
    if(
        double_count = 0,
        'each show day of an event once',
        concat(
            toString(double_count), ' more than once, e.g. event ', toString(first_event), ' in ',
            arrayStringConcat(first_cities, ' and ')
        )
    ) AS found,
    double_count = 0 AS passed
FROM days
LEFT JOIN doubles_of_day ON days.day = doubles_of_day.sale_date
