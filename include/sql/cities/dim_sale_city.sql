-- Brings the cities of sales and shows up to date: by the spellings of their sources, and the aliases as they are now.
-- Only what has changed is written, and in the same statement tombstones (_deleted = 1) for what is gone. Idempotent.
INSERT INTO zakaz.dim_sale_city (spelling, city, alias, _ver, _deleted)
WITH
(
    SELECT (groupArray(alias), groupArray(city))
    FROM zakaz.dim_city_alias FINAL
) AS known,

(
    SELECT greatest(toUnixTimestamp64Micro(now64(6)), max(_ver) + 1)
    FROM zakaz.dim_sale_city
) AS version

SELECT
    spelling,
    anyIf(united.city, is_fresh) AS city,
    anyIf(united.alias, is_fresh) AS alias,
    version AS _ver,
    NOT max(is_fresh) AS _deleted
FROM (
    SELECT
        spelling,
        zakaz_city_of_sale(spelling, known.1, known.2) AS city,
        extractAll(lowerUTF8(zakaz_city_name(spelling)), '[0-9]+|[a-zа-я]+') AS words,
        arrayStringConcat(words, ' ') AS name,
        if(
            is_sold
            AND zakaz_cities(words, known.1, known.2) = []
            -- A sale online has no place, and the word for it stands in the texts of every ad.
            AND name NOT IN ('онлайн', 'online', 'интернет', 'россия', 'russia'),
            name, ''
        ) AS alias,
        true AS is_fresh
    FROM (
        SELECT
            spelling,
            max(is_sold) AS is_sold
        FROM (
            SELECT
                city AS spelling,
                true AS is_sold
            FROM zakaz.stg_qtickets_sales FINAL

            UNION ALL

            SELECT
                city AS spelling,
                false AS is_sold
            FROM zakaz.dim_show FINAL
        ) AS sources
        GROUP BY spelling
    ) AS spelled

    UNION ALL

    SELECT
        spelling,
        city,
        [] AS words,
        '' AS name,
        alias,
        false AS is_fresh
    FROM zakaz.dim_sale_city FINAL
) AS united
GROUP BY spelling
HAVING count() = 1 OR uniqExact((united.city, united.alias)) > 1
