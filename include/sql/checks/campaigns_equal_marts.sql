-- The report by campaign has the sums of both marts: attributing sales drops and doubles nothing.
-- qtickets: campaigns_equal_marts
WITH
reported AS (
    SELECT
        d,
        [
            sum(impressions), sum(clicks), sum(goals), sum(spend),
            sum(tickets_sold), sum(tickets_refunded), sum(revenue), sum(refunds_amount)
        ] AS sums
    FROM bi.v_campaign_roi_daily
    WHERE d BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY d
),

marts AS (
    SELECT
        day,
        sumMap(figures) AS figures,
        arrayMap(
            figure -> figures[figure],
            [
                'impressions', 'clicks', 'goals', 'spend',
                'tickets_sold', 'tickets_refunded', 'revenue', 'refunds_amount'
            ]
        ) AS sums
    FROM meta.v_day_sums
    WHERE layer = 'mart' AND day BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY day
)

-- For a day without rows the join yields empty sums.
SELECT
    days.day AS day,
    'campaigns_equal_marts' AS check_name,
    'MISMATCH' AS code,
    'fail' AS severity,
    'v_campaign_roi_daily = dm_vk_ads_daily + dm_sales_daily' AS subject,
    toString(marts.sums) AS expected,
    toString(reported.sums) AS found,
    marts.sums = reported.sums AS passed
FROM (SELECT arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day) AS days
LEFT JOIN marts ON days.day = marts.day
LEFT JOIN reported ON days.day = reported.d
