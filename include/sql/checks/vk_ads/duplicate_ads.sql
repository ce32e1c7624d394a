-- An ad belongs to one account. Under two of them (an agency's client that is read with a login of its own as well) its
-- spend counts twice, though no key of the staging repeats.
WITH
days AS (
    SELECT {from_date:Date} + number AS day
    FROM numbers({to_date:Date} - {from_date:Date} + 1)
),

doubles AS (
    SELECT
        stat_date,
        ad_id,
        groupArray(account_id) AS accounts
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date BETWEEN {from_date:Date} AND {to_date:Date}
    GROUP BY
        stat_date,
        ad_id
    HAVING count() > 1
),

doubles_of_day AS (
    SELECT
        stat_date,
        count() AS double_count,
        min(ad_id) AS first_ad,
        arraySort(argMin(accounts, ad_id)) AS first_accounts
    FROM doubles
    GROUP BY stat_date
)

-- A day without doubles is joined with zeros.
SELECT
    days.day AS day,
    'MISMATCH' AS code,
    'fail' AS severity,
    'stg_vk_ads_daily: ad' AS subject,
    'each ad once' AS expected,
    if(
        double_count = 0,
        'each ad once',
        concat(
            toString(double_count), ' ads more than once, e.g. ad ', toString(first_ad), ' in accounts ',
            arrayStringConcat(first_accounts, ', ')
        )
    ) AS found,
    double_count = 0 AS passed
FROM days
LEFT JOIN doubles_of_day ON days.day = doubles_of_day.stat_date
