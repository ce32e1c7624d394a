-- Adds the shows that only the landed ones know: of fetches by a release that has no zakaz.dim_show.
-- Version 0, so that whatever is read of them later counts.
INSERT INTO zakaz.dim_show (event_id, show_id, event_name, city, time_zone, starts_at, event_date, read_at, _ver)
SELECT
    event_id,
    show_id,
    event_name,
    city,
    time_zone,
    starts_at,
    event_date,
    fetched_at AS read_at,
    0 AS _ver
FROM zakaz.raw_qtickets_shows
WHERE
    show_id != 0
    AND starts_at IS NOT NULL
    AND (event_id, show_id) NOT IN (
        SELECT
            event_id,
            show_id
        FROM zakaz.dim_show
    )
ORDER BY fetched_at DESC
LIMIT 1 BY event_id, show_id
