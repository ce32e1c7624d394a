-- A campaign of a city is one row of the mart, whichever account it came from. Its account is part of the mart's key,
-- so a campaign that stands under two of them is not caught by the key.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

doubles AS (
    SELECT
        stat_date,
        campaign_id,
        city,
        groupArray(account_id) AS accounts
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY
        stat_date,
        campaign_id,
        city
    HAVING count() > 1
),

doubles_of_day AS (
    SELECT
        stat_date,
        count() AS double_count,
        min(campaign_id) AS first_campaign,
        arraySort(argMin(accounts, (campaign_id, city))) AS first_accounts
    FROM doubles
    GROUP BY stat_date
)

-- A day without doubles is joined with zeros.
SELECT
    days.day AS day,
    'MISMATCH' AS code,
    'fail' AS severity,
    'dm_vk_ads_daily: city, campaign' AS subject,
    'each campaign of a city once' AS expected,
    if(
        double_count = 0,
        'each campaign of a city once',
        concat(
            toString(double_count), ' more than once, e.g. campaign ', toString(first_campaign), ' in accounts ',
            arrayStringConcat(first_accounts, ', ')
        )
    ) AS found,
    double_count = 0 AS passed
FROM days
LEFT JOIN doubles_of_day ON days.day = doubles_of_day.stat_date
