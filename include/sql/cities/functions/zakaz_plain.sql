-- A name as it is compared, whatever code points write it: in lower case, with е for ё, each character in its usual form.
-- Combined letters and special spaces are as a keyboard types them (NFKC); stress marks, soft hyphens and characters of
-- no width are gone; a letter of the wrong alphabet is put right. What can't be UTF-8 becomes U+FFFD. Most texts need
-- none of that, and are only lower-cased.
CREATE OR REPLACE FUNCTION zakaz_plain AS (text) -> if(
    match(text, '[^ -~А-Яа-яЁё]|[A-Za-z][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-z]'),
    arrayStringConcat(
        arrayMap(
            run -> zakaz_unmixed(run),
            extractAll(
                replaceAll(
                    lowerUTF8(
                        replaceRegexpAll(
                            normalizeUTF8NFKC(replaceRegexpAll(toValidUTF8(text), '\\p{Cf}', '')), '\\p{M}', ''
                        )
                    ),
                    'ё', 'е'
                ),
                '[0-9a-zëа-я]+|[^0-9a-zëа-я]+'
            )
        )
    ),
    replaceAll(lowerUTF8(text), 'ё', 'е')
)
