-- The city of a sale or a show, from the text that its source has for it; unknown where that names none.
-- One without an alias has the name of zakaz_city_name. Not coalesce, which would work out a name for every row.
CREATE OR REPLACE FUNCTION zakaz_city_of_sale AS (text, aliases, cities) -> multiIf(
    zakaz_city([text], aliases, cities) != '', zakaz_city([text], aliases, cities),
    zakaz_city_name(text) != '', zakaz_city_name(text),
    'unknown'
)
