-- Each show with its sales, whatever day they were on; a show that nothing was sold of stands, too.
-- A show that QTickets told of is its id: its sales follow it to another day or name. Other sales, among them those of
-- other sellers and those that name no show, belong to the show that their event, show, day and city make.
CREATE OR REPLACE VIEW bi.v_shows DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
toDate(toTimeZone(now(), 'Europe/Moscow')) AS today,

told AS (
    SELECT
        event_id,
        show_id
    FROM zakaz.dim_show
),

events AS (
    SELECT
        event_id,
        argMax(event_name, (_ver, read_at)) AS current_name
    FROM zakaz.dim_show
    WHERE event_name != ''
    GROUP BY event_id
),

shows AS (
    SELECT
        source,
        event_id,
        show_id,
        city,
        place_name,
        starts_at,
        time_zone,
        coalesce(dim_show.event_date, toDate(0)) AS event_date,
        is_active
        AND NOT is_deleted
        AND coalesce(sale_start <= now(), TRUE)
        AND coalesce(sale_finish > now(), TRUE) AS is_on_sale
    FROM zakaz.dim_show FINAL
),

sales AS (
    SELECT
        report_date,
        event_id,
        show_id,
        tickets_sold,
        tickets_refunded,
        revenue,
        refunds_amount
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE startsWith(source, 'qtickets')
),

sold AS (
    SELECT
        shows.source AS source,
        shows.event_id AS event_id,
        shows.show_id AS show_id,
        '' AS event_name,
        shows.city AS spelling,
        shows.place_name AS place,
        shows.starts_at AS starts_at,
        shows.time_zone AS time_zone,
        shows.event_date AS event_date,
        shows.is_on_sale AS is_on_sale,
        sales.report_date AS report_date,
        sales.tickets_sold AS tickets_sold,
        sales.tickets_refunded AS tickets_refunded,
        sales.revenue AS revenue,
        sales.refunds_amount AS refunds_amount,
        toUInt64(0) AS version
    FROM shows
    LEFT JOIN sales ON shows.event_id = sales.event_id AND shows.show_id = sales.show_id

    UNION ALL

    SELECT
        source,
        event_id,
        show_id,
        event_name,
        city AS spelling,
        '' AS place,
        NULL AS starts_at,
        '' AS time_zone,
        event_date,
        NULL AS is_on_sale,
        report_date,
        tickets_sold,
        tickets_refunded,
        revenue,
        refunds_amount,
        _ver AS version
    FROM zakaz.stg_qtickets_sales FINAL
    -- These columns belong to the key, so that few rows are left to be merged.
    PREWHERE
        NOT startsWith(source, 'qtickets')
        OR (event_id, show_id) NOT IN (told)
),

summed AS (
    SELECT
        source,
        event_id,
        show_id,
        argMax(sold.event_name, (sold.event_name != '', version)) AS event_name,
        coalesce(nullIf(cities.city, ''), 'unknown') AS city,
        any(sold.place) AS place,
        starts_at,
        any(sold.time_zone) AS time_zone,
        event_date,
        any(sold.is_on_sale) AS is_on_sale,
        sum(sold.tickets_sold) AS tickets_sold,
        sum(sold.tickets_refunded) AS tickets_refunded,
        sum(sold.revenue) AS revenue,
        sum(sold.refunds_amount) AS refunds_amount,
        sumIf(sold.tickets_sold, report_date BETWEEN today - 7 AND today - 1) AS sold_7d,
        sumIf(sold.tickets_sold, report_date BETWEEN today - 14 AND today - 8) AS sold_7d_before,
        sumIf(sold.tickets_sold, event_date != toDate(0) AND event_date - report_date <= 1) AS sold_0_1d_ahead,
        sumIf(sold.tickets_sold, event_date - report_date BETWEEN 2 AND 7) AS sold_2_7d_ahead,
        sumIf(sold.tickets_sold, event_date - report_date BETWEEN 8 AND 14) AS sold_8_14d_ahead,
        sumIf(sold.tickets_sold, event_date - report_date BETWEEN 15 AND 30) AS sold_15_30d_ahead,
        sumIf(sold.tickets_sold, event_date - report_date BETWEEN 31 AND 60) AS sold_31_60d_ahead,
        sumIf(sold.tickets_sold, event_date - report_date >= 61) AS sold_61d_ahead,
        maxOrNullIf(report_date, sold.tickets_sold > 0) AS last_sale_day
    FROM sold
    LEFT JOIN zakaz.dim_sale_city AS cities FINAL ON sold.spelling = cities.spelling
    GROUP BY source, event_id, show_id, city, starts_at, event_date
)

SELECT
    summed.source AS source,
    summed.event_id AS event_id,
    summed.show_id AS show_id,
    if(
        startsWith(summed.source, 'qtickets') AND events.current_name != '', events.current_name, summed.event_name
    ) AS event_name,
    summed.city AS city,
    summed.place AS place,
    -- As text, which no reader's time zone moves. A zone that the server doesn't know would end the whole query.
    formatDateTime(
        summed.starts_at, '%Y-%m-%d %H:%i',
        if(summed.time_zone IN (SELECT time_zone FROM system.time_zones), summed.time_zone, 'Europe/Moscow')
    ) AS starts_at,
    summed.event_date AS event_date,
    if(summed.event_date = toDate(0), NULL, summed.event_date - today) AS days_to_show,
    if(summed.starts_at IS NULL, days_to_show < 0, summed.starts_at < now()) AS is_over,
    summed.is_on_sale AND NOT is_over AS is_on_sale,
    summed.tickets_sold AS tickets_sold,
    summed.tickets_refunded AS tickets_refunded,
    toInt64(summed.tickets_sold) - summed.tickets_refunded AS net_tickets,
    summed.revenue AS revenue,
    summed.refunds_amount AS refunds_amount,
    summed.revenue - summed.refunds_amount AS net_revenue,
    toFloat64(summed.refunds_amount) / nullIf(toFloat64(summed.revenue), 0) AS refund_share,
    toFloat64(summed.revenue) / nullIf(summed.tickets_sold, 0) AS average_price,
    summed.sold_7d AS sold_7d,
    summed.sold_7d_before AS sold_7d_before,
    summed.sold_0_1d_ahead AS sold_0_1d_ahead,
    summed.sold_2_7d_ahead AS sold_2_7d_ahead,
    summed.sold_8_14d_ahead AS sold_8_14d_ahead,
    summed.sold_15_30d_ahead AS sold_15_30d_ahead,
    summed.sold_31_60d_ahead AS sold_31_60d_ahead,
    summed.sold_61d_ahead AS sold_61d_ahead,
    summed.last_sale_day AS last_sale_day
FROM summed
LEFT JOIN events ON summed.event_id = events.event_id
