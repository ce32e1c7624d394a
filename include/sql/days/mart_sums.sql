-- The sums of some Moscow days in a mart, one row per figure.
SELECT
    field,
    sum(amount) AS amount
FROM meta.v_day_sums
ARRAY JOIN
    mapKeys(figures) AS field,
    mapValues(figures) AS amount
WHERE
    layer = 'mart'
    AND (source = 'vk_ads') = ({table:String} = 'zakaz.dm_vk_ads_daily')
    AND day BETWEEN {from_date:Date} AND {to_date:Date}
GROUP BY field
ORDER BY field
