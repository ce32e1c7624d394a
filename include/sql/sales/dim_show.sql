-- Adds the shows that lack in zakaz.dim_show: a release without it has fetched them, or they were over before it was.
-- From the landed shows, all of the only organiser that it knew, and those that are no longer kept from their sales,
-- which don't say when they began. Version 0, so that whatever is read of them later counts.
INSERT INTO zakaz.dim_show
(
    event_id, show_id, event_name, city, time_zone, starts_at, event_date, read_at, source, _ver
)
SELECT
    event_id,
    show_id,
    event_name,
    city,
    time_zone,
    starts_at,
    event_date,
    read_at,
    source,
    0 AS _ver
FROM (
    SELECT
        event_id,
        show_id,
        event_name,
        city,
        time_zone,
        starts_at,
        event_date,
        fetched_at AS read_at,
        'qtickets' AS source
    FROM zakaz.raw_qtickets_shows
    WHERE starts_at IS NOT NULL

    UNION ALL

    SELECT
        event_id,
        show_id,
        event_name,
        if(stg_qtickets_sales.city = 'unknown', '', stg_qtickets_sales.city) AS city,
        '' AS time_zone,
        NULL AS starts_at,
        event_date,
        fromUnixTimestamp64Micro(toInt64(_ver), 'UTC') AS read_at,
        source
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE startsWith(source, 'qtickets') AND event_date != toDate(0)
) AS found
WHERE
    show_id != 0
    AND (event_id, show_id) NOT IN (
        SELECT
            event_id,
            show_id
        FROM zakaz.dim_show
    )
ORDER BY isNotNull(starts_at) DESC, read_at DESC
LIMIT 1 BY event_id, show_id
