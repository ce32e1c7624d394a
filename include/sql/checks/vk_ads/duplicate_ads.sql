-- An ad belongs to one account. Under two of them (an agency's client that is read with a login of its own as well) its
-- spend counts twice, though no key of the staging repeats.
WITH doubles AS (
    SELECT
        ad_id,
        groupArray(account_id) AS accounts
    FROM zakaz.stg_vk_ads_daily FINAL
    WHERE stat_date = {day:Date}
    GROUP BY ad_id
    HAVING count() > 1
)

SELECT
    'MISMATCH' AS code,
    'fail' AS severity,
    'stg_vk_ads_daily: ad' AS subject,
    'each ad once' AS expected,
    if(
        count() = 0,
        'each ad once',
        concat(
            toString(count()), ' ads more than once, e.g. ad ', toString(min(ad_id)), ' in accounts ',
            arrayStringConcat(arraySort(argMin(accounts, ad_id)), ', ')
        )
    ) AS found,
    count() = 0 AS passed
FROM doubles
