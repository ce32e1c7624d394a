-- The city of an ad or a sale, by what zakaz_named_cities found.
-- The first list that is not empty decides. Several cities are one for all, and none is an empty name.
CREATE OR REPLACE FUNCTION zakaz_chosen_city AS (named) -> arrayMap(
    found -> if(length(found) > 1, 'несколько городов', found[1]),
    [arrayFirst(found -> notEmpty(found), named)]
)[1]
