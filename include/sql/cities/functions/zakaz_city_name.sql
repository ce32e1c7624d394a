-- The name under which a city without an alias is counted: one for all its spellings, empty if the text names none.
-- Words begin with a capital letter (only «на» between hyphens does not), е stands for ё, one space or hyphen for any, and
-- what is neither a letter nor a digit is cut off at both ends.
CREATE OR REPLACE FUNCTION zakaz_city_name AS (text) -> arrayMap(
    plain -> if(
        match(plain, '\\p{L}') AND plain != 'unknown',
        replaceAll(
            initcapUTF8(
                replaceRegexpAll(
                    replaceRegexpAll(
                        replaceRegexpAll(plain, '[\\p{Pd}\\x{2212}]', '-'),
                        '[\\s\\p{Z}\\p{Cc}]+', ' '
                    ),
                    '^[^\\p{L}\\p{N}]+|[^\\p{L}\\p{N})]+$', ''
                )
            ),
            '-На-', '-на-'
        ),
        ''
    ),
    [zakaz_plain(text)]
)[1]
