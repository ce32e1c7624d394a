-- Yesterday in one row, and the same weekday a week before.
WITH figures AS (
    SELECT
        sumIf(days.spend, day = {day:Date}) AS spend,
        sumIf(days.revenue, day = {day:Date}) AS revenue,
        sumIf(days.tickets, day = {day:Date}) AS tickets,
        sumIf(days.spend, day = {day:Date} - 7) AS spend_before,
        sumIf(days.revenue, day = {day:Date} - 7) AS revenue_before,
        sumIf(days.tickets, day = {day:Date} - 7) AS tickets_before
    FROM meta.v_day_figures AS days
    WHERE day IN ({day:Date}, {day:Date} - 7)
)

SELECT
    status.emoji AS emoji,
    status.light = 'green' AS is_good,
    status.missing_days AS missing_days,
    status.missing_period AS missing_period,
    figures.spend AS spend,
    figures.revenue AS revenue,
    figures.tickets AS tickets,
    toFloat64(figures.revenue) / nullIf(toFloat64(figures.spend), 0) AS roas,
    (
        SELECT sum(net_revenue)
        FROM bi.v_campaign_roi_daily
        WHERE d = {day:Date} AND attribution NOT IN ('other_channel', 'no_tag')
    ) AS revenue_by_tags,
    toFloat64(revenue_by_tags) / nullIf(toFloat64(figures.spend), 0) AS roas_by_tags,
    figures.spend_before AS spend_before,
    figures.revenue_before AS revenue_before,
    figures.tickets_before AS tickets_before,
    (
        SELECT arraySort(groupUniqArray(day))
        FROM meta.restatements FINAL
        WHERE loaded_at > now64(6) - INTERVAL 1 DAY
    ) AS restated
FROM figures
CROSS JOIN bi.v_etl_status AS status
WHERE status.job = 'zakaz_etl'
