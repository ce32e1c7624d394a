-- The sums of each day in the VK staging; zeros for a day that was found empty. A day that was never loaded is absent.
SELECT
    day,
    field,
    amount
FROM (
    SELECT
        day,
        sum(impressions) AS impressions,
        sum(clicks) AS clicks,
        sum(goals) AS goals,
        sum(spend) AS spend
    FROM (
        SELECT
            stat_date AS day,
            impressions,
            clicks,
            goals,
            spend
        FROM zakaz.stg_vk_ads_daily FINAL
        WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}

        UNION ALL

        SELECT
            day,
            0 AS impressions,
            0 AS clicks,
            0 AS goals,
            0 AS spend
        FROM meta.source_totals FINAL
        WHERE
            source = 'vk_ads'
            AND state != 'SUSPECT_ZERO'
            AND day BETWEEN {from_date:Date} AND {to_date:Date}
    ) AS loaded
    GROUP BY day
) AS sums
ARRAY JOIN
    ['impressions', 'clicks', 'goals', 'spend'] AS field,
    [
        toDecimal64(impressions, 2),
        toDecimal64(clicks, 2),
        toDecimal64(goals, 2),
        toDecimal64(spend, 2)
    ] AS amount
ORDER BY
    day,
    field
