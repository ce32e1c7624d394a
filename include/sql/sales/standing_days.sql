-- What each sale day of an organiser has in the staging, and whether a file loaded it in QTickets' place, and which.
-- Rows newer than QTickets' last word on their day are those of a file, if a line of that day was landed after the last
-- ticket that they can be built from: a fetch may die before its last word. Lines landed more than raw_days ago are
-- gone; then being newer has to do. What is not known to be a file's counts as QTickets'.
WITH
sums AS (
    SELECT
        day,
        version,
        figures
    FROM meta.v_day_sums
    WHERE source = {sales_source:String} AND layer = 'staging' AND day BETWEEN {from_date:Date} AND {to_date:Date}
),

totals AS (
    SELECT
        day,
        max(_ver) AS version
    FROM meta.source_totals FINAL
    WHERE source = {sales_source:String} AND day BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY day
),

lines AS (
    SELECT
        report_date AS day,
        max(loaded_at) AS landed_at,
        argMax(file_name, loaded_at) AS last_file
    FROM zakaz.raw_sales
    WHERE source = {sales_source:String} AND report_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY day
),

tickets AS (
    SELECT
        sums.day AS day,
        max(landed.fetched_at) AS landed_at
    FROM (
        SELECT
            arrayJoin([toDate(payed_at, 'Europe/Moscow'), toDate(coalesce(refunded_at, payed_at), 'Europe/Moscow')])
                AS day,
            fetched_at
        FROM zakaz.raw_qtickets_tickets
    ) AS landed
    INNER JOIN sums ON landed.day = sums.day
    WHERE toUnixTimestamp64Micro(landed.fetched_at) <= sums.version
    GROUP BY sums.day
)

SELECT
    sums.day AS day,
    toUInt64(sums.figures['tickets_sold']) AS tickets_sold,
    sums.figures['revenue'] AS revenue,
    sums.figures['refunds_amount'] AS refunds_amount,
    sums.version > totals.version
    AND (
        lines.landed_at > tickets.landed_at
        OR sums.version < toUnixTimestamp64Micro(now64(6) - toIntervalDay({raw_days:UInt16}))
    ) AS is_of_file,
    if(is_of_file, lines.last_file, '') AS file_name
FROM sums
LEFT JOIN totals ON sums.day = totals.day
LEFT JOIN lines ON sums.day = lines.day
LEFT JOIN tickets ON sums.day = tickets.day
ORDER BY day
