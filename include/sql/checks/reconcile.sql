-- Each mart matches its staging, and each staging matches the source's own total of the day.
-- vk_ads: staging_equals_mart_vk, source_totals_vk
-- qtickets: staging_equals_mart_sales, source_totals_sales
-- To the kopeck, except that VK's own total may differ by a kopeck per row. A day that was never fetched has no total
-- to compare with; nor has a QTickets day after a file was loaded in its place, since the total is that of the previous
-- rows. A mart is compared with all that was staged, whoever sold it; a source's total with its own rows, that of each
-- organiser by itself: what one lacks, no other makes up for.
WITH
checks AS (
    SELECT
        it.1 AS check_name,
        it.3 AS subject,
        it.4 AS parts,
        startsWith(check_name, 'source_totals') AS is_of_source,
        arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day
    FROM (
        SELECT arrayJoin([
            (
                'staging_equals_mart_vk', 'vk_ads', 'dm_vk_ads_daily = stg_vk_ads_daily',
                [
                    ('impressions', ' impressions, '), ('clicks', ' clicks, '), ('goals', ' goals, '),
                    ('spend', ' rubles')
                ]
            ),
            (
                'source_totals_vk', 'vk_ads', 'stg_vk_ads_daily = VK account total',
                [('impressions', ' impressions, '), ('clicks', ' clicks, '), ('spend', ' rubles')]
            ),
            (
                'staging_equals_mart_sales', 'qtickets', 'dm_sales_daily = stg_qtickets_sales',
                [
                    ('tickets_sold', ' tickets for '), ('revenue', ' rubles, '), ('tickets_refunded', ' refunded for '),
                    ('refunds_amount', ' rubles, '), ('net_revenue', ' net')
                ]
            ),
            (
                'source_totals_sales', 'qtickets', 'stg_qtickets_sales = QTickets total',
                [('tickets_sold', ' tickets for '), ('revenue', ' rubles, '), ('refunds_amount', ' given back')]
            )
        ]) AS it
    ) AS listed
    WHERE it.2 = {source:String}
),

sums AS (
    SELECT
        day,
        sumMapIf(figures, layer = 'mart') AS built,
        sumMapIf(figures, layer = 'staging') AS staged
    FROM meta.v_day_sums
    WHERE (source = 'vk_ads') = ({source:String} = 'vk_ads') AND day BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY day
),

own AS (
    SELECT *
    FROM meta.v_day_sums
    WHERE
        layer = 'staging' AND startsWith(source, {source:String})
        AND day BETWEEN {from_date:Date} AND {to_date:Date}
),

totals AS (
    SELECT *
    FROM meta.v_source_days
    WHERE startsWith(source, {source:String}) AND has_total AND day BETWEEN {from_date:Date} AND {to_date:Date}
),

asked AS (
    SELECT
        day,
        groupArray(source) AS sources
    FROM totals
    GROUP BY day
),

-- A source's total once for each organiser that gave one.
each AS (
    SELECT
        checks.*,
        asked.sources AS sources,
        arrayJoin(if(is_of_source AND notEmpty(asked.sources), asked.sources, [{source:String}])) AS whose
    FROM checks
    LEFT JOIN asked ON checks.day = asked.day
),

-- For a day without data the join yields 0.
compared AS (
    SELECT
        each.day AS day,
        check_name,
        subject,
        parts,
        if(is_of_source AND length(sources) > 1, concat(whose, ': '), '') AS named,
        is_of_source AND NOT totals.has_total AS lacks_total,
        is_of_source AND {source:String} = 'qtickets' AND own.version > totals.version AS is_outdated,
        if(is_of_source, toDecimal64('0.01', 2) * own.row_count, 0) AS tolerance,
        -- What a source didn't say is not compared.
        arrayMap(
            part -> if(is_of_source, coalesce(totals.figures[part.1], own.figures[part.1]), sums.staged[part.1]),
            parts
        ) AS wanted,
        arrayMap(part -> if(is_of_source, own.figures, sums.built)[part.1], parts) AS given
    FROM each
    LEFT JOIN sums ON each.day = sums.day
    LEFT JOIN own ON each.day = own.day AND each.whose = own.source
    LEFT JOIN totals ON each.day = totals.day AND each.whose = totals.source
),

told AS (
    SELECT
        day,
        check_name,
        subject,
        concat(
            named,
            multiIf(
                lacks_total AND {source:String} = 'qtickets', 'no total: QTickets was not asked',
                is_outdated, 'no total: the rows are newer than what QTickets said',
                arrayStringConcat(arrayMap((amount, part) -> concat(toString(amount), part.2), wanted, parts))
            )
        ) AS wanted_text,
        concat(named, arrayStringConcat(arrayMap((amount, part) -> concat(toString(amount), part.2), given, parts)))
            AS given_text,
        lacks_total
        OR is_outdated
        OR arrayAll((one, other, part) -> abs(one - other) <= if(part.1 = 'spend', tolerance, 0), given, wanted, parts)
            AS is_equal
    FROM compared
)

-- What differs comes first.
SELECT
    day,
    check_name,
    'MISMATCH' AS code,
    'fail' AS severity,
    any(subject) AS looked_at,
    arrayStringConcat(arrayMap(one -> one.2, arraySort(groupArray((is_equal, wanted_text)))), '; ') AS expected,
    arrayStringConcat(arrayMap(one -> one.2, arraySort(groupArray((is_equal, given_text)))), '; ') AS found,
    min(is_equal) AS passed
FROM told
GROUP BY day, check_name
