-- A show is held in one city on one day. Under two spellings of its city or two days its sales count twice, though no
-- key of the staging repeats, and the mart adds the spellings up. A file may leave the show out: then the event and its
-- day stand for it.
WITH doubles AS (
    SELECT
        event_id,
        if(show_id = 0, toString(event_date), toString(show_id)) AS show_name,
        groupUniqArray(concat(city, ' on ', toString(event_date))) AS places
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE report_date = {day:Date}
    GROUP BY
        event_id,
        show_name
    HAVING length(places) > 1
)

SELECT
    'MISMATCH' AS code,
    'fail' AS severity,
    'stg_qtickets_sales: event, show' AS subject,
    'each show in one city on one day' AS expected,
    if(
        count() = 0,
        'each show in one city on one day',
        concat(
            toString(count()), ' shows in several, e.g. event ', toString(min(event_id)), ' in ',
            arrayStringConcat(arraySort(argMin(places, event_id)), ' and in ')
        )
    ) AS found,
    count() = 0 AS passed
FROM doubles
