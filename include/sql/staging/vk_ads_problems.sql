-- What is wrong with the statistics that a fetch landed; no rows: they may become the staging.
-- A figure that can't be read comes out of JSONExtract as NULL, and is a problem, never a zero.
WITH
replies AS (
    SELECT
        reply_no,
        JSONExtract(request, 'id', 'Array(UInt64)') AS asked_ids,
        JSONExtractRaw(body, 'total', 'base') AS total,
        JSONExtractArrayRaw(body, 'items') AS reply_items
    FROM zakaz.raw_vk_ads FINAL
    WHERE account_id = {account_id:UInt64} AND fetch_id = {fetch_id:UUID} AND resource = 'statistics'
),

items AS (
    SELECT
        reply_no,
        asked_ids,
        JSONExtract(item, 'id', 'Nullable(UInt64)') AS ad_id,
        item
    FROM replies
    ARRAY JOIN reply_items AS item
),

figures AS (
    SELECT
        reply_no,
        ad_id,
        JSONExtract(day, 'date', 'Nullable(String)') AS date_text,
        toDateOrNull(date_text) AS stat_date,
        JSONType(day, 'base') = 'Object' AS has_base,
        JSONExtract(day, 'base', 'shows', 'Nullable(String)') AS shows_text,
        JSONExtract(day, 'base', 'clicks', 'Nullable(String)') AS clicks_text,
        JSONExtract(day, 'base', 'spent', 'Nullable(String)') AS spent_text,
        JSONExtract(day, 'base', 'goals', 'Nullable(String)') AS goals_text,
        JSONExtract(day, 'base', 'vk', 'goals', 'Nullable(String)') AS vk_goals_text,
        toUInt64OrNull(shows_text) AS impressions,
        toUInt64OrNull(clicks_text) AS clicks,
        toDecimal64OrNull(spent_text, 2) AS spend
    FROM items
    ARRAY JOIN JSONExtractArrayRaw(item, 'rows') AS day
),

-- What must add up: the days of an ad to its total, all days of a reply to the reply's total.
totals AS (
    SELECT
        reply_no,
        concat('ad ', coalesce(toString(ad_id), '?')) AS scope,
        JSONExtractRaw(item, 'total', 'base') AS total,
        JSONExtractArrayRaw(item, 'rows') AS days
    FROM items

    UNION ALL

    SELECT
        reply_no,
        'the whole reply' AS scope,
        total,
        arrayFlatten(arrayMap(item -> JSONExtractArrayRaw(item, 'rows'), reply_items)) AS days
    FROM replies
),

sums AS (
    SELECT
        reply_no,
        scope,
        length(days) AS day_count,
        arraySum(day -> JSONExtractUInt(day, 'base', 'shows'), days) AS impressions,
        arraySum(day -> JSONExtractUInt(day, 'base', 'clicks'), days) AS clicks,
        arraySum(day -> toDecimal64OrZero(JSONExtract(day, 'base', 'spent', 'String'), 2), days) AS spend,
        coalesce(JSONExtract(total, 'shows', 'Nullable(UInt64)'), impressions) AS total_impressions,
        coalesce(JSONExtract(total, 'clicks', 'Nullable(UInt64)'), clicks) AS total_clicks,
        coalesce(toDecimal64OrNull(JSONExtract(total, 'spent', 'Nullable(String)'), 2), spend) AS total_spend
    FROM totals
)

SELECT
    reply_no,
    problem,
    expected,
    found
FROM (
    SELECT
        reply_no,
        'an ad that was not asked for' AS problem,
        'one of the ids asked for' AS expected,
        coalesce(toString(ad_id), 'no id') AS found
    FROM items
    WHERE ad_id IS NULL OR NOT has(asked_ids, assumeNotNull(ad_id))

    UNION ALL

    SELECT
        reply_no,
        'a figure that can not be read' AS problem,
        'shows, clicks and goals as whole numbers, spent as a sum' AS expected,
        concat(
            'ad ', coalesce(toString(ad_id), '?'), ', ', coalesce(date_text, '?'),
            ': shows=', coalesce(shows_text, 'nothing'),
            ' clicks=', coalesce(clicks_text, 'nothing'),
            ' spent=', coalesce(spent_text, 'nothing'),
            ' goals=', coalesce(vk_goals_text, goals_text, 'nothing')
        ) AS found
    FROM figures
    WHERE
        has_base
        AND (
            impressions IS NULL
            OR clicks IS NULL
            OR spend IS NULL
            -- Goals may be absent; what is there must be a number.
            OR (goals_text IS NOT NULL AND toUInt64OrNull(goals_text) IS NULL)
            OR (vk_goals_text IS NOT NULL AND toUInt64OrNull(vk_goals_text) IS NULL)
        )

    UNION ALL

    SELECT
        reply_no,
        'days that do not add up to their total' AS problem,
        concat(
            scope, ': shows=', toString(total_impressions),
            ' clicks=', toString(total_clicks), ' spent=', toString(total_spend)
        ) AS expected,
        concat('shows=', toString(impressions), ' clicks=', toString(clicks), ' spent=', toString(spend)) AS found
    FROM sums
    WHERE
        impressions != total_impressions
        OR clicks != total_clicks
        -- VK does not promise that its roundings add up: a kopeck per row is allowed.
        OR abs(spend - total_spend) > toDecimal64('0.01', 2) * day_count

    UNION ALL

    SELECT
        reply_no,
        'a date outside the days asked for' AS problem,
        concat(toString({from_date:Date}), ' to ', toString({to_date:Date})) AS expected,
        concat('ad ', coalesce(toString(ad_id), '?'), ': ', coalesce(date_text, 'no date')) AS found
    FROM figures
    WHERE stat_date IS NULL OR stat_date NOT BETWEEN {from_date:Date} AND {to_date:Date}

    UNION ALL

    SELECT
        any(reply_no) AS reply_no,
        'a day given more than once' AS problem,
        'one row per ad and day' AS expected,
        concat('ad ', toString(ad_id), ', ', toString(stat_date), ': ', toString(count()), ' rows') AS found
    FROM figures
    WHERE ad_id IS NOT NULL AND stat_date IS NOT NULL
    GROUP BY ad_id, stat_date
    HAVING count() > 1
) AS problems
-- Sums that don't add up may follow from a figure that can't be read, and come after it.
ORDER BY problem, reply_no, found
LIMIT 20
