-- The city of a sale or a show, from the text that its source has for it; unknown where that names none.
-- One without an alias has the name of zakaz_city_name. In an array, since zakaz_city takes long to be analysed twice.
CREATE OR REPLACE FUNCTION zakaz_city_of_sale AS (text, aliases, cities) -> arrayMap(
    known -> multiIf(known != '', known, zakaz_city_name(text) != '', zakaz_city_name(text), 'unknown'),
    [zakaz_city([text], aliases, cities)]
)[1]
