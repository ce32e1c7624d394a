-- What each Moscow day comes to in staging, mart and bi, one row for each source, account and figure.
-- Sales have one account, 0; those of a file have the source file:NAME. The number of staged rows says how far VK's
-- rounded total may be away.
WITH
layers AS (
    SELECT
        'vk_ads' AS source,
        'staging' AS layer,
        stat_date AS day,
        account_id,
        count() AS row_count,
        map('impressions', sum(impressions), 'clicks', sum(clicks), 'spend', sum(spend), 'goals', sum(goals))
            AS figures
    FROM zakaz.stg_vk_ads_daily FINAL
    GROUP BY day, account_id

    UNION ALL

    SELECT
        'vk_ads' AS source,
        'mart' AS layer,
        stat_date AS day,
        account_id,
        count() AS row_count,
        map('impressions', sum(impressions), 'clicks', sum(clicks), 'spend', sum(spend), 'goals', sum(goals))
            AS figures
    FROM zakaz.dm_vk_ads_daily FINAL
    GROUP BY day, account_id

    UNION ALL

    SELECT
        'vk_ads' AS source,
        'bi' AS layer,
        d AS day,
        account_id,
        count() AS row_count,
        map('impressions', sum(impressions), 'clicks', sum(clicks), 'spend', sum(spend), 'goals', sum(goals))
            AS figures
    FROM bi.v_vk_ads_daily
    GROUP BY day, account_id

    UNION ALL

    SELECT
        source,
        layer,
        day,
        0 AS account_id,
        row_count,
        mapFilter((name, _) -> name IN ('tickets_sold', 'revenue', 'refunds_amount'), figures) AS figures
    FROM meta.v_day_sums
    WHERE source != 'vk_ads'

    UNION ALL

    SELECT
        source::String AS source,
        'bi' AS layer,
        d AS day,
        0 AS account_id,
        count() AS row_count,
        map('tickets_sold', sum(tickets_sold), 'revenue', sum(revenue), 'refunds_amount', sum(refunds_amount))
            AS figures
    FROM bi.v_sales_daily
    GROUP BY day, source
)

SELECT
    day,
    source,
    account_id,
    name,
    sumIf(row_count, layer = 'staging') AS staged_rows,
    sumIf(amount, layer = 'staging') AS staged,
    sumIf(amount, layer = 'mart') AS built,
    sumIf(amount, layer = 'bi') AS shown
FROM layers
ARRAY JOIN mapKeys(figures) AS name, mapValues(figures) AS amount
WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
GROUP BY day, source, account_id, name
