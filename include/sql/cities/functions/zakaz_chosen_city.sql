-- The city of an ad or a sale by what zakaz_named_cities found: the first texts that name any decide. One for all if they
-- name several, and empty if none is named.
CREATE OR REPLACE FUNCTION zakaz_chosen_city AS (named) -> arrayMap(
    found -> if(length(found) > 1, 'несколько городов', found[1]),
    [arrayFirst(found -> notEmpty(found), named)]
)[1]
