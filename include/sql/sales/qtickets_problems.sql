-- What is wrong with the tickets and shows that one fetch landed; no rows: they may become the staging. A cancelled
-- ticket counts nowhere, so nothing is asked of it.
WITH
shows AS (
    SELECT
        event_id,
        show_id,
        city,
        time_zone,
        starts_at,
        event_date
    FROM zakaz.raw_qtickets_shows FINAL
    WHERE fetch_id = {fetch_id:UUID}
),

tickets AS (
    SELECT
        *,
        concat('ticket ', toString(basket_id), ' of order ', toString(order_id)) AS ticket
    FROM zakaz.raw_qtickets_tickets FINAL
    WHERE fetch_id = {fetch_id:UUID} AND NOT cancelled
),

asked_shows AS (
    SELECT
        tickets.event_id AS event_id,
        tickets.show_id AS show_id,
        any(tickets.ticket) AS ticket
    FROM tickets
    GROUP BY
        tickets.event_id,
        tickets.show_id
),

sold_shows AS (
    SELECT
        asked_shows.ticket AS ticket,
        concat('show ', toString(asked_shows.show_id), ' of event ', toString(asked_shows.event_id)) AS show_name,
        shows.show_id != 0 AS is_known,
        shows.city AS city,
        shows.time_zone AS time_zone,
        shows.starts_at AS starts_at,
        shows.event_date AS event_date
    FROM asked_shows
    LEFT JOIN shows ON asked_shows.event_id = shows.event_id AND asked_shows.show_id = shows.show_id
)

SELECT
    problem,
    expected,
    found
FROM (
    SELECT
        1 AS rank,
        'a ticket given more than once' AS problem,
        'each ticket once' AS expected,
        concat('ticket ', toString(basket_id), ': ', toString(count()), ' times') AS found
    FROM tickets
    GROUP BY basket_id
    HAVING count() > 1

    UNION ALL

    SELECT
        2 AS rank,
        'another currency' AS problem,
        'RUB' AS expected,
        concat(ticket, ': ', currency) AS found
    FROM tickets
    WHERE currency != 'RUB'

    UNION ALL

    SELECT
        3 AS rank,
        'a price below zero' AS problem,
        '0 rubles or more' AS expected,
        concat(ticket, ': ', toString(price)) AS found
    FROM tickets
    WHERE price < 0

    UNION ALL

    SELECT
        4 AS rank,
        'a refund that can not be' AS problem,
        concat('0 to ', toString(price * quantity), ' rubles') AS expected,
        concat(ticket, ': ', toString(refunded_amount)) AS found
    FROM tickets
    WHERE refunded_amount < 0 OR refunded_amount > price * quantity

    UNION ALL

    SELECT
        5 AS rank,
        'a refund without its time' AS problem,
        'refunded_at' AS expected,
        concat(ticket, ': ', toString(refunded_amount), ' rubles at no time') AS found
    FROM tickets
    WHERE refunded_at IS NULL AND refunded_amount != 0

    UNION ALL

    SELECT
        6 AS rank,
        'a ticket whose show is unknown' AS problem,
        'a show that QTickets tells of' AS expected,
        concat(ticket, ': ', show_name) AS found
    FROM sold_shows
    WHERE NOT is_known

    UNION ALL

    SELECT
        7 AS rank,
        'a show without a city' AS problem,
        'the name of its city' AS expected,
        show_name AS found
    FROM sold_shows
    WHERE is_known AND trimBoth(city) = ''

    UNION ALL

    SELECT
        8 AS rank,
        'a show without a start' AS problem,
        'start_date' AS expected,
        show_name AS found
    FROM sold_shows
    WHERE is_known AND starts_at IS NULL

    UNION ALL

    SELECT
        9 AS rank,
        'a show in an unknown time zone' AS problem,
        'an IANA name such as Asia/Omsk' AS expected,
        concat(show_name, ': ', if(time_zone = '', 'none', time_zone)) AS found
    FROM sold_shows
    WHERE is_known AND starts_at IS NOT NULL AND event_date IS NULL
) AS problems
ORDER BY
    rank,
    found
LIMIT 20
