-- Each day has rows in the staging and in the mart, or its source confirmed that it is empty.
-- vk_ads: zero_rows_vk, zero_rows_staged_vk
-- qtickets: zero_rows_sales, zero_rows_staged_sales
-- If only the mart has no rows, the cause is the build and not the source. Sales from files have no source to ask: an
-- empty day fails the day's own run, but is only a warning for runs that look back at it. Where QTickets was asked, no
-- file of other sales stands in for its rows, nor does one organiser for another.
WITH
checks AS (
    SELECT
        it.1 AS check_name,
        it.3 AS layer,
        it.4 AS table_name,
        arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day
    FROM (
        SELECT arrayJoin([
            ('zero_rows_vk', 'vk_ads', 'mart', 'dm_vk_ads_daily'),
            ('zero_rows_staged_vk', 'vk_ads', 'staging', 'stg_vk_ads_daily'),
            ('zero_rows_sales', 'qtickets', 'mart', 'dm_sales_daily'),
            ('zero_rows_staged_sales', 'qtickets', 'staging', 'stg_qtickets_sales')
        ]) AS it
    ) AS listed
    WHERE it.2 = {source:String}
),

sums AS (
    SELECT
        day,
        layer,
        sum(row_count) AS all_rows,
        sumMap(map(source, row_count)) AS rows_of
    FROM meta.v_day_sums
    WHERE (source = 'vk_ads') = ({source:String} = 'vk_ads') AND day BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY day, layer
),

totals AS (
    SELECT
        day,
        groupArray(source) AS asked,
        groupArrayIf(source, NOT is_confirmed_zero) AS due
    FROM meta.v_source_days
    WHERE startsWith(source, {source:String}) AND day BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY day
)

-- For a day without data the join yields 0, and an empty list.
SELECT
    checks.day AS day,
    checks.check_name AS check_name,
    'ZERO_ROWS' AS code,
    if({source:String} = 'qtickets' AND empty(totals.asked) AND checks.day < {run_day:Date}, 'warn', 'fail')
        AS severity,
    checks.table_name AS subject,
    if(notEmpty(totals.asked) AND empty(totals.due), 'no rows: CONFIRMED_ZERO', 'at least 1 row') AS expected,
    concat(
        toString(if(empty(totals.asked), sums.all_rows, arraySum(one -> sums.rows_of[one], totals.asked)) AS row_count),
        ' rows',
        if(length(totals.asked) > 1 AND NOT passed, concat(', none of ', arrayStringConcat(lacking, ', ')), '')
    ) AS found,
    if(
        empty(totals.asked),
        row_count > 0,
        empty(arraySort(arrayFilter(one -> sums.rows_of[one] = 0, totals.due)) AS lacking)
    ) AS passed
FROM checks
LEFT JOIN sums ON checks.layer = sums.layer AND checks.day = sums.day
LEFT JOIN totals ON checks.day = totals.day
