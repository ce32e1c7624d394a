-- The ads that one fetch requested, but that are missing from every reply about the same days.
WITH
asked AS (
    SELECT DISTINCT
        arrayJoin(JSONExtract(request, 'id', 'Array(UInt64)')) AS ad_id,
        from_date,
        to_date
    FROM zakaz.raw_vk_ads
    WHERE account_id = {account_id:UInt64} AND fetch_id = {fetch_id:UUID} AND resource = 'statistics'
)

SELECT DISTINCT
    from_date,
    to_date,
    ad_id
FROM asked
WHERE (ad_id, from_date, to_date) NOT IN (
        SELECT
            coalesce(ad_id, 0) AS ad_id,
            from_date,
            to_date
        FROM zakaz.parsed_vk_ads
        WHERE account_id = {account_id:UInt64} AND fetch_id = {fetch_id:UUID}
    )
ORDER BY from_date, ad_id
