-- The spellings that the city rule knows for ads.
-- Those of zakaz.dim_city_alias, and the name of each city that has sales and is none of them, so that its spend and
-- its revenue meet.
CREATE OR REPLACE VIEW meta.v_city_aliases DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    alias,
    city,
    coalesce(is_weak, false) AS is_weak
FROM zakaz.dim_city_alias FINAL

UNION ALL

SELECT
    alias,
    min(city) AS city,
    false AS is_weak
FROM zakaz.dim_sale_city FINAL
WHERE alias != ''
GROUP BY alias
