-- What one fetch brought: rows of statistics, and how many of them say more than zero.
SELECT
    count() AS fetched,
    countIf(
        JSONExtractFloat(day, 'base', 'shows') != 0
        OR JSONExtractFloat(day, 'base', 'clicks') != 0
        OR JSONExtractFloat(day, 'base', 'goals') != 0
        OR JSONExtractFloat(day, 'base', 'vk', 'goals') != 0
        OR toFloat64OrZero(JSONExtract(day, 'base', 'spent', 'String')) != 0
    ) AS with_figures
FROM (
    SELECT arrayJoin(JSONExtractArrayRaw(body, 'items')) AS item
    FROM zakaz.raw_vk_ads FINAL
    WHERE account_id = {account_id:UInt64} AND fetch_id = {fetch_id:UUID} AND resource = 'statistics'
) AS items
ARRAY JOIN JSONExtractArrayRaw(item, 'rows') AS day
