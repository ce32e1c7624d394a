-- A campaign of a city is one row of the mart, whichever account it came from. Its account is part of the mart's key,
-- so a campaign that stands under two of them is not caught by the key.
WITH doubles AS (
    SELECT
        campaign_id,
        city,
        groupArray(account_id) AS accounts
    FROM zakaz.dm_vk_ads_daily FINAL
    WHERE stat_date = {day:Date}
    GROUP BY
        campaign_id,
        city
    HAVING count() > 1
)

SELECT
    'MISMATCH' AS code,
    'fail' AS severity,
    'dm_vk_ads_daily: city, campaign' AS subject,
    'each campaign of a city once' AS expected,
    if(
        count() = 0,
        'each campaign of a city once',
        concat(
            toString(count()), ' more than once, e.g. campaign ', toString(min(campaign_id)), ' in accounts ',
            arrayStringConcat(arraySort(argMin(accounts, campaign_id)), ', ')
        )
    ) AS found,
    count() = 0 AS passed
FROM doubles
