-- No ad, campaign, show or event is counted twice where the table's key would allow it.
-- vk_ads: duplicate_ads, duplicate_campaigns
-- qtickets: duplicate_shows, duplicate_events
-- An ad, and a campaign in a city, belong to one account (an agency's client may also be read with its own login). An
-- event is in one city on one day, and so is a show: under two spellings of its city the mart adds them up. If a file
-- has no show id, the day of the show identifies it. Each source of sales numbers its own events; QTickets those of all
-- its organisers, so an event of two is one organiser under two names, whose sales count twice. 0 is no number.
WITH
checks AS (
    SELECT
        it.1 AS check_name,
        it.3 AS subject,
        it.4 AS sound,
        arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day
    FROM (
        SELECT arrayJoin([
            ('duplicate_ads', 'vk_ads', 'stg_vk_ads_daily: ad', 'each ad once'),
            ('duplicate_campaigns', 'vk_ads', 'dm_vk_ads_daily: city, campaign', 'each campaign of a city once'),
            ('duplicate_shows', 'qtickets', 'stg_qtickets_sales: event, show', 'each show in one city on one day'),
            ('duplicate_events', 'qtickets', 'dm_sales_daily: event, show day', 'each show day of an event once')
        ]) AS it
    ) AS listed
    WHERE it.2 = {source:String}
),

doubles AS (
    SELECT
        'duplicate_ads' AS check_name,
        stat_date AS day,
        (ad_id, '') AS id,
        ' ads more than once, e.g. ad ' AS words,
        concat(' in accounts ', arrayStringConcat(arraySort(groupArray(account_id)), ', ')) AS places
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE {source:String} = 'vk_ads'
    GROUP BY stat_date, ad_id
    HAVING count() > 1

    UNION ALL

    SELECT
        'duplicate_campaigns' AS check_name,
        stat_date AS day,
        (campaign_id, city) AS id,
        ' more than once, e.g. campaign ' AS words,
        concat(' in accounts ', arrayStringConcat(arraySort(groupArray(account_id)), ', ')) AS places
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE {source:String} = 'vk_ads'
    GROUP BY stat_date, campaign_id, city
    HAVING count() > 1

    UNION ALL

    SELECT
        'duplicate_shows' AS check_name,
        report_date AS day,
        (event_id, concat(source, ' ', if(show_id = 0, toString(event_date), toString(show_id)))) AS id,
        ' shows in several, e.g. event ' AS words,
        arrayStringConcat(arraySort(groupUniqArray(concat(' in ', city, ' on ', event_date::String))), ' and') AS places
    FROM zakaz.stg_qtickets_sales FINAL
    WHERE {source:String} = 'qtickets'
    GROUP BY report_date, id
    HAVING uniqExact(city, event_date) > 1

    UNION ALL

    SELECT
        'duplicate_events' AS check_name,
        sale_date AS day,
        (
            event_id,
            concat(
                if(startsWith(source, 'qtickets') AND event_id != 0, 'qtickets', source), ' ', toString(event_date)
            )
        ) AS id,
        ' more than once, e.g. event ' AS words,
        concat(
            ' in ', arrayStringConcat(arraySort(groupArray(city)), ' and '),
            if(uniqExact(source) > 1, concat(' of ', arrayStringConcat(arraySort(groupArray(source)), ' and ')), '')
        ) AS places
    FROM zakaz.dm_sales_daily FINAL
    WHERE {source:String} = 'qtickets'
    GROUP BY sale_date, id
    HAVING count() > 1
),

doubles_of_day AS (
    SELECT
        check_name,
        day,
        concat(toString(count()), any(words), toString(min(id.1)), argMin(places, id)) AS found
    FROM doubles
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY check_name, day
)

-- For a day without duplicates the join yields an empty text.
SELECT
    checks.day AS day,
    checks.check_name AS check_name,
    'MISMATCH' AS code,
    'fail' AS severity,
    checks.subject AS subject,
    checks.sound AS expected,
    if(doubles_of_day.found = '', checks.sound, doubles_of_day.found) AS found,
    doubles_of_day.found = '' AS passed
FROM checks
LEFT JOIN doubles_of_day ON checks.check_name = doubles_of_day.check_name AND checks.day = doubles_of_day.day
