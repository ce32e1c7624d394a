-- Parses the statistics that one fetch landed.
-- An unreadable figure becomes NULL, never zero; a day without any figures is zero. Goals are those of VK's own pixel,
-- if present, since base.goals can be 0 in that case.
INSERT INTO zakaz.parsed_vk_ads
(
    fetch_id, account_id, reply_no, item_no, from_date, to_date, is_asked, ad_id,
    stat_dates, impressions, clicks, goals, base_goals, vk_goals, spend, unreadable,
    total_impressions, total_clicks, total_spend, reply_impressions, reply_clicks, reply_spend
)
WITH
replies AS (
    SELECT
        reply_no,
        from_date,
        to_date,
        JSONExtract(request, 'id', 'Array(UInt64)') AS asked_ids,
        zakaz_vk_statistics(body) AS reply
    FROM zakaz.raw_vk_ads
    WHERE
        account_id = {account_id:UInt64}
        AND fetch_id = {fetch_id:UUID}
        AND resource = 'statistics'
),

items AS (
    SELECT
        reply_no,
        item_no,
        from_date,
        to_date,
        toUInt64OrNull(item.id) AS ad_id,
        has(asked_ids, coalesce(ad_id, 0)) AS is_asked,
        tupleElement(item, 'rows') AS days,
        days.base AS bases,
        item.total.base AS item_total,
        reply.total.base AS reply_total,
        arrayMap(
            base -> coalesce(base.shows, base.clicks, base.spent, base.goals, base.vk.goals) IS NOT NULL, bases
        ) AS has_figures
    FROM replies
    LEFT ARRAY JOIN
        reply.items AS item,
        arrayEnumerate(reply.items) AS item_no
),

read_items AS (
    SELECT
        *,
        -- A day that no calendar has would become another one.
        arrayMap(text -> if(toString(toDateOrNull(text)) = text, toDateOrNull(text), NULL), days.date) AS stat_dates,
        arrayMap((text, has) -> if(has, zakaz_vk_count(text), 0), bases.shows, has_figures) AS impressions,
        arrayMap((text, has) -> if(has, zakaz_vk_count(text), 0), bases.clicks, has_figures) AS clicks,
        arrayMap((own, all) -> zakaz_vk_count(coalesce(own, all, '0')), bases.vk.goals, bases.goals) AS goals,
        arrayMap(text -> coalesce(zakaz_vk_count(text), 0), bases.goals) AS base_goals,
        arrayMap(text -> coalesce(zakaz_vk_count(text), 0), bases.vk.goals) AS vk_goals,
        -- A scale of 2 would silently truncate fractions of a kopeck.
        arrayMap(
            (text, has) -> if(
                has, accurateCastOrNull(round(toDecimal128OrNull(text, 8), 2), 'Decimal(18, 2)'), 0
            ), bases.spent, has_figures
        ) AS spend,
        arrayMap(
            (date, shows, clicks, goals, spent) -> isNull(date)
            OR isNull(shows)
            OR isNull(clicks)
            OR isNull(goals)
            OR isNull(spent),
            stat_dates,
            impressions,
            clicks,
            goals,
            spend
        ) AS is_unreadable
    FROM items
)

SELECT
    {fetch_id:UUID} AS fetch_id,
    {account_id:UInt64} AS account_id,
    reply_no,
    item_no,
    from_date,
    to_date,
    is_asked,
    ad_id,
    stat_dates,
    impressions,
    clicks,
    goals,
    base_goals,
    vk_goals,
    spend,
    arrayMap(
        (date, base) -> concat(
            coalesce(date, 'no date'),
            ': shows=', coalesce(base.shows, 'nothing'),
            ' clicks=', coalesce(base.clicks, 'nothing'),
            ' spent=', coalesce(base.spent, 'nothing'),
            ' goals=', coalesce(base.vk.goals, base.goals, 'nothing')
        ),
        arrayFilter((date, is_bad) -> is_bad, days.date, is_unreadable),
        arrayFilter((base, is_bad) -> is_bad, bases, is_unreadable)
    ) AS unreadable,
    toUInt64OrNull(item_total.shows) AS total_impressions,
    toUInt64OrNull(item_total.clicks) AS total_clicks,
    toDecimal64OrNull(item_total.spent, 2) AS total_spend,
    toUInt64OrNull(reply_total.shows) AS reply_impressions,
    toUInt64OrNull(reply_total.clicks) AS reply_clicks,
    toDecimal64OrNull(reply_total.spent, 2) AS reply_spend
FROM read_items
-- It is not read before it is complete, so it may be written in several blocks.
SETTINGS max_insert_block_size = 10000, min_insert_block_size_rows = 10000
