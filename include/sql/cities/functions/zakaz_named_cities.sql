-- The cities that texts name, a list for each text, in the order in which they are believed.
-- First the cities of each text that are not weak, then all those of each text. A weak one has a tilde before its name in
-- `cities`: its alias is also a person's name or a title.
CREATE OR REPLACE FUNCTION zakaz_named_cities AS (texts, aliases, cities) -> arrayMap(
    named -> arrayConcat(
        arrayMap(found -> arrayFilter(city -> NOT startsWith(city, '~'), found), named),
        arrayMap(found -> arrayDistinct(arrayMap(city -> trimLeft(city, '~'), found)), named)
    ),
    [arrayMap(words -> zakaz_cities(words, aliases, cities), arrayMap(text -> zakaz_city_words(text), texts))]
)[1]
