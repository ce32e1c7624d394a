-- Tickets sold in another currency than rubles, which no other table adds up: each as it was last read from QTickets.
-- Made from what was received, so that it goes back RAW_DAYS days.
CREATE OR REPLACE VIEW bi.v_sales_other_currency_daily DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
tickets AS (
    SELECT
        basket_id,
        argMax(
            (currency, event_id, show_id, payed_at, refunded_at, cancelled, quantity, price, refunded_amount),
            fetched_at
        ) AS newest
    FROM zakaz.raw_qtickets_tickets
    WHERE currency NOT IN ('RUB', '')
    GROUP BY basket_id
),

movements AS (
    SELECT
        newest.1 AS currency,
        newest.2 AS event_id,
        newest.3 AS show_id,
        arrayJoin(
            [
                (newest.4, newest.7, 0, newest.8 * newest.7, toDecimal64(0, 2)),
                (coalesce(newest.5, toDateTime64(0, 6, 'UTC')), 0, newest.7, toDecimal64(0, 2), newest.9)
            ]
        ) AS movement
    FROM tickets
    WHERE NOT newest.6
),

shows AS (
    SELECT
        event_id,
        show_id,
        event_name,
        city
    FROM zakaz.dim_show FINAL
)

SELECT
    toDate(movements.movement.1, 'Europe/Moscow') AS d,
    movements.currency AS currency,
    movements.event_id AS event_id,
    movements.show_id AS show_id,
    any(shows.event_name) AS event_name,
    any(shows.city) AS city,
    sum(movements.movement.2) AS tickets_sold,
    sum(movements.movement.3) AS tickets_refunded,
    sum(movements.movement.4) AS amount,
    sum(movements.movement.5) AS amount_refunded
FROM movements
LEFT JOIN shows ON movements.event_id = shows.event_id AND movements.show_id = shows.show_id
WHERE movements.movement.1 > toDateTime64(0, 6, 'UTC')
GROUP BY d, currency, event_id, show_id
