-- A show is held in one city on one day. Under two spellings of its city or two days its sales count twice, though no
-- key of the staging repeats, and the mart adds the spellings up. A file may leave the show out: then the event and its
-- day stand for it.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

doubles AS (
    SELECT
        report_date,
        event_id,
        if(show_id = 0, toString(event_date), toString(show_id)) AS show_name,
        groupUniqArray(concat(city, ' on ', toString(event_date))) AS places
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY
        report_date,
        event_id,
        show_name
    HAVING length(places) > 1
),

doubles_of_day AS (
    SELECT
        report_date,
        count() AS double_count,
        min(event_id) AS first_event,
        arraySort(argMin(places, (event_id, show_name))) AS first_places
    FROM doubles
    GROUP BY report_date
)

-- A day without doubles is joined with zeros.
SELECT
    days.day AS day,
    'MISMATCH' AS code,
    'fail' AS severity,
    'stg_qtickets_sales: event, show' AS subject,
    'each show in one city on one day' AS expected,
    if(
        double_count = 0,
        'each show in one city on one day',
        concat(
            toString(double_count), ' shows in several, e.g. event ', toString(first_event), ' in ',
            arrayStringConcat(first_places, ' and in ')
        )
    ) AS found,
    double_count = 0 AS passed
FROM days
LEFT JOIN doubles_of_day ON days.day = doubles_of_day.report_date
