-- The sums of each day in the staging of a source, one row per figure: zeros for a day that the source confirmed empty.
-- A day that was never loaded is absent. Net revenue follows from the other figures.
WITH
sums AS (
    SELECT
        day,
        figures
    FROM meta.v_day_sums
    WHERE source = {source:String} AND layer = 'staging' AND day BETWEEN {from_date:Date} AND {to_date:Date}
),

loaded AS (
    SELECT day
    FROM sums
    UNION DISTINCT
    SELECT day
    FROM meta.v_source_days
    WHERE source = {source:String} AND has_total AND day BETWEEN {from_date:Date} AND {to_date:Date}
)

SELECT
    loaded.day AS day,
    field,
    sums.figures[field] AS amount
FROM loaded
LEFT JOIN sums ON loaded.day = sums.day
ARRAY JOIN
    if(
        {source:String} = 'vk_ads',
        ['impressions', 'clicks', 'goals', 'spend'],
        ['tickets_sold', 'revenue', 'refunds_amount']
    ) AS field
ORDER BY day, field
