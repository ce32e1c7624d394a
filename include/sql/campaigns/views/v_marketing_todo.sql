-- What a marketer can put right, with the rubles that hang on it: the last 14 days that should be loaded by now.
-- One row for each finding. Less than 1,000 rubles of ads or tags are not worth a look.
CREATE OR REPLACE VIEW bi.v_marketing_todo DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
-- Ads and sales of each city, and the shows to come: each is read once.
places AS (
    SELECT
        city,
        sum(united.spend) AS city_spend,
        minIf(d, united.spend > 0) AS first_day,
        sum(united.tickets_sold) AS city_tickets,
        groupArrayArray(shows) AS coming
    FROM (
        SELECT
            city,
            d,
            spend,
            tickets_sold,
            [] AS shows
        FROM bi.v_marketing_roi_daily
        WHERE d > zakaz_due_day(now()) - 14 AND city NOT IN ('unknown', 'несколько городов')

        UNION ALL

        SELECT
            city,
            toDate(0) AS d,
            toDecimal64(0, 2) AS spend,
            toUInt64(0) AS tickets_sold,
            [(
                concat(event_name, ', ', city, ', ', formatDateTime(event_date, '%d.%m')),
                event_date, toDecimal128(revenue, 2), assumeNotNull(days_to_show), sold_7d, sold_7d_before
            )] AS shows
        FROM bi.v_shows
        -- One that sells is on sale, whatever QTickets said of it.
        WHERE NOT is_over AND (coalesce(is_on_sale, true) OR sold_7d > 0)
    ) AS united
    GROUP BY city
),

tags AS (
    SELECT
        attribution,
        concat(utm_source, ' / ', utm_campaign) AS tag,
        sum(v_attributed_sales.revenue) AS tag_revenue,
        min(d) AS first_day
    FROM meta.v_attributed_sales
    WHERE d > zakaz_due_day(now()) - 14 AND attribution IN ('tag_of_none', 'tag_of_several')
    GROUP BY attribution, tag
),

ads AS (
    SELECT
        kind,
        concat(argMax(united.campaign_name, stat_date), ' (', toString(campaign_id), ')') AS campaign,
        sum(united.spend) AS ad_spend,
        min(stat_date) AS first_day
    FROM (
        SELECT
            'реклама без метки' AS kind,
            stat_date,
            account_id,
            campaign_id,
            campaign_name,
            spend
        FROM zakaz.stg_vk_ads_daily FINAL
        WHERE stat_date > zakaz_due_day(now()) - 14 AND utm_source = ''

        UNION ALL

        SELECT
            if(city = 'unknown', 'город не найден', 'несколько городов') AS kind,
            stat_date,
            account_id,
            campaign_id,
            campaign_name,
            spend
        FROM zakaz.dm_vk_ads_daily FINAL
        WHERE stat_date > zakaz_due_day(now()) - 14 AND city IN ('unknown', 'несколько городов')
    ) AS united
    GROUP BY kind, account_id, campaign_id
),

names AS (
    SELECT
        account_id,
        campaign_id,
        campaign_name AS name,
        min(stat_date) AS first_day,
        max(stat_date) AS last_day,
        sum(stg_vk_ads_daily.spend) AS spend_under_name
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date > zakaz_due_day(now()) - 14 AND campaign_name != ''
    GROUP BY account_id, campaign_id, name
),

renamed AS (
    SELECT
        campaign_id,
        argMin(name, first_day) AS old_name,
        argMax(name, last_day) AS new_name,
        argMax(first_day, last_day) AS renamed_on,
        sum(spend_under_name) AS campaign_spend
    FROM names
    GROUP BY account_id, campaign_id
    HAVING count() > 1
)

SELECT
    kind,
    object,
    rubles,
    since,
    advice
FROM (
    SELECT
        tupleElement(finding, 2) AS kind,
        tupleElement(finding, 3) AS object,
        tupleElement(finding, 4) AS rubles,
        tupleElement(finding, 5) AS since,
        tupleElement(finding, 6) AS advice
    FROM places
    ARRAY JOIN
        arrayConcat(
            [
                (
                    city_spend >= 1000 AND city_tickets = 0,
                    'город без продаж', city, city_spend, first_day,
                    'Реклама идёт, билеты не продаются: остановить или проверить ссылки и афишу'
                ),
                (
                    city_spend >= 1000 AND city_tickets > 0 AND empty(coming),
                    'город без афиши', city, city_spend, first_day,
                    'Реклама идёт, а показов в городе впереди нет: остановить'
                )
            ],
            arrayMap(
                (show, show_day, show_revenue, days_to_show, sold, sold_before) -> (
                    city_spend = 0 AND days_to_show BETWEEN 0 AND 21 AND sold <= sold_before,
                    'показ без рекламы', show, show_revenue, show_day,
                    concat(
                        'До показа ', toString(days_to_show), ' дн., за неделю продано ', toString(sold),
                        ' билетов, неделей раньше ', toString(sold_before), ', а рекламы в городе нет'
                    )
                ),
                coming
            )
        ) AS finding
    WHERE tupleElement(finding, 1)

    UNION ALL

    SELECT
        if(attribution = 'tag_of_none', 'метка без кампании', 'метка многих кампаний') AS kind,
        tag AS object,
        tag_revenue AS rubles,
        first_day AS since,
        if(
            attribution = 'tag_of_none',
            'Выручка с меткой VK, которой нет ни у одной кампании: исправить utm_campaign в объявлении или в рассылке',
            'Выручку не отнести ни к одной кампании: дать каждой свою utm_campaign'
        ) AS advice
    FROM tags
    WHERE tag_revenue >= 1000

    UNION ALL

    SELECT
        kind,
        campaign AS object,
        ad_spend AS rubles,
        first_day AS since,
        multiIf(
            kind = 'реклама без метки', 'Продажи этой рекламы не узнать: включить UTM в группе объявлений',
            kind = 'город не найден', 'Назвать город в utm_content или в названии группы',
            'Расход не делится между городами: дать каждому городу своё объявление'
        ) AS advice
    FROM ads
    WHERE ad_spend >= 1000

    UNION ALL

    SELECT
        'кампания переименована' AS kind,
        concat(old_name, ' → ', new_name, ' (', toString(campaign_id), ')') AS object,
        campaign_spend AS rubles,
        renamed_on AS since,
        'В отчётах она стоит под новым именем за все дни' AS advice
    FROM renamed
    WHERE campaign_spend >= 1000
) AS findings
