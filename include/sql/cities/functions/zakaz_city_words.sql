-- The words of a text that may name its city, made plain.
-- They are runs of digits and runs of letters (kazan2026: kazan, 2026).
-- What follows «без» or «кроме» is where the ad is not shown, and counts for nothing.
CREATE OR REPLACE FUNCTION zakaz_city_words AS (text) -> extractAll(
    replaceRegexpOne(
        zakaz_plain(text),
        '(^|[^a-zа-я])(без|кроме|исключая|исключением|bez|krome|except|excluding|without)([^a-zа-я].*)?$', ''
    ),
    '[0-9]+|[a-zа-я]+'
)
