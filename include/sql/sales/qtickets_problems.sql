-- Problems with the tickets and shows that one fetch landed.
-- No rows mean that the staging may be built. Cancelled tickets are never counted, and so not checked.
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
    GROUP BY tickets.event_id, tickets.show_id
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
),

findings AS (
    SELECT
        arrayJoin([
            (2, currency != 'RUB', 'another currency', 'RUB', concat(ticket, ': ', currency)),
            (3, price < 0, 'a price below zero', '0 rubles or more', concat(ticket, ': ', toString(price))),
            (
                4,
                refunded_amount < 0 OR refunded_amount > price * quantity,
                'a refund that can not be',
                concat('0 to ', toString(price * quantity), ' rubles'),
                concat(ticket, ': ', toString(refunded_amount))
            ),
            (
                5,
                refunded_at IS NULL AND refunded_amount != 0,
                'a refund without its time',
                'refunded_at',
                concat(ticket, ': ', toString(refunded_amount), ' rubles at no time')
            )
        ]) AS finding
    FROM tickets

    UNION ALL

    SELECT
        arrayJoin([
            (
                6,
                NOT is_known,
                'a ticket whose show is unknown',
                'a show that QTickets tells of',
                concat(ticket, ': ', show_name)
            ),
            (7, is_known AND trimBoth(city) = '', 'a show without a city', 'the name of its city', show_name),
            (8, is_known AND starts_at IS NULL, 'a show without a start', 'start_date', show_name),
            (
                9,
                is_known AND starts_at IS NOT NULL AND event_date IS NULL,
                'a show in an unknown time zone',
                'an IANA name such as Asia/Omsk',
                concat(show_name, ': ', if(time_zone = '', 'none', time_zone))
            )
        ]) AS finding
    FROM sold_shows
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
        finding.1 AS rank,
        finding.3 AS problem,
        finding.4 AS expected,
        finding.5 AS found
    FROM findings
    WHERE finding.2
) AS problems
ORDER BY rank, found
LIMIT 20
