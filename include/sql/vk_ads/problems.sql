-- Problems with the statistics of one fetch.
-- No rows mean that the staging may be built. Missing ads are not listed here (left_out.sql).
WITH
items AS (
    SELECT
        reply_no,
        item_no,
        ad_id,
        coalesce(concat('ad ', toString(ad_id)), 'an ad without an id') AS ad,
        is_asked,
        from_date,
        to_date,
        unreadable,
        length(stat_dates) AS day_count,
        arrayUniq(stat_dates) AS different_days,
        arrayFirstOrNull(day -> day < from_date OR day > to_date, stat_dates) AS strange_day,
        arraySum(figure -> coalesce(figure, 0), impressions) AS sum_impressions,
        arraySum(figure -> coalesce(figure, 0), clicks) AS sum_clicks,
        arraySum(figure -> coalesce(figure, 0), spend) AS sum_spend,
        total_impressions,
        total_clicks,
        total_spend,
        reply_impressions,
        reply_clicks,
        reply_spend
    FROM zakaz.parsed_vk_ads FINAL
    WHERE account_id = {account_id:UInt64} AND fetch_id = {fetch_id:UUID}
),

-- What must add up: the days of an ad to its total, all days of a reply to the reply's total. A missing total is no
-- contradiction.
sums AS (
    SELECT
        reply_no,
        ad AS scope,
        day_count,
        sum_impressions,
        sum_clicks,
        sum_spend,
        coalesce(total_impressions, sum_impressions) AS impressions,
        coalesce(total_clicks, sum_clicks) AS clicks,
        coalesce(total_spend, sum_spend) AS spend
    FROM items

    UNION ALL

    SELECT
        reply_no,
        'the whole reply' AS scope,
        sum(items.day_count) AS day_count,
        sum(items.sum_impressions) AS sum_impressions,
        sum(items.sum_clicks) AS sum_clicks,
        sum(items.sum_spend) AS sum_spend,
        coalesce(any(reply_impressions), sum_impressions) AS impressions,
        coalesce(any(reply_clicks), sum_clicks) AS clicks,
        coalesce(any(reply_spend), sum_spend) AS spend
    FROM items
    GROUP BY reply_no
),

-- Each scan of the items is expensive, so that all checks of single items share one.
strange_items AS (
    SELECT
        reply_no,
        arrayJoin([
            (
                1,
                item_no > 0 AND NOT is_asked,
                'an ad that was not asked for',
                'one of the ads asked for',
                ad
            ),
            (
                2,
                notEmpty(unreadable),
                'a figure that can not be read',
                'a date, shows, clicks and goals as whole numbers, spent as a sum',
                concat(ad, ', ', unreadable[1])
            ),
            (
                3,
                strange_day IS NOT NULL,
                'a date outside the days asked for',
                concat(toString(from_date), ' to ', toString(to_date)),
                concat(ad, ': ', coalesce(toString(strange_day), ''))
            ),
            (
                4,
                different_days < day_count,
                'a day given more than once',
                'one row per ad and day',
                concat(ad, ': ', toString(day_count), ' rows for ', toString(different_days), ' days')
            )
        ]) AS finding
    FROM items
    WHERE
        (item_no > 0 AND NOT is_asked)
        OR notEmpty(unreadable)
        OR strange_day IS NOT NULL
        OR different_days < day_count
)

SELECT
    reply_no,
    problem,
    expected,
    found
FROM (
    SELECT
        finding.1 AS rank,
        reply_no,
        finding.3 AS problem,
        finding.4 AS expected,
        finding.5 AS found
    FROM strange_items
    WHERE finding.2

    UNION ALL

    -- The engine would read nothing in it.
    SELECT
        0 AS rank,
        reply_no,
        'a reply that can not be read' AS problem,
        'JSON' AS expected,
        concat(toString(length(body)), ' bytes of ', resource) AS found
    FROM zakaz.raw_vk_ads
    WHERE
        account_id = {account_id:UInt64}
        AND fetch_id = {fetch_id:UUID}
        AND (
            resource IN ('ad_plans', 'ad_groups', 'banners')
            OR (
                resource = 'statistics'
                AND reply_no IN (
                    SELECT items.reply_no
                    FROM items
                    WHERE items.item_no = 0
                )
            )
        )
        AND NOT isValidJSON(body)

    UNION ALL

    -- Across all replies, since the staging is built from all of them together.
    SELECT
        4 AS rank,
        max(items.reply_no) AS reply_no,
        'an ad given more than once' AS problem,
        'one item per ad' AS expected,
        concat(any(ad), ': ', toString(count()), ' items') AS found
    FROM items
    WHERE ad_id IS NOT NULL
    GROUP BY from_date, ad_id
    HAVING count() > 1

    UNION ALL

    SELECT
        5 AS rank,
        reply_no,
        'days that do not add up to their total' AS problem,
        concat(
            scope, ': shows=', toString(impressions), ' clicks=', toString(clicks), ' spent=', toString(spend)
        ) AS expected,
        concat(
            'shows=', toString(sum_impressions), ' clicks=', toString(sum_clicks), ' spent=', toString(sum_spend)
        ) AS found
    FROM sums
    WHERE
        sum_impressions != impressions
        OR sum_clicks != clicks
        -- VK does not guarantee that rounded values add up: a kopeck per row is allowed.
        OR abs(sum_spend - spend) > toDecimal64('0.01', 2) * day_count
) AS problems
-- Wrong sums come last: they may be a consequence of other problems.
ORDER BY rank, reply_no, found
LIMIT 20
