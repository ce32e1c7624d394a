-- A name as it is compared, whatever code points write it: in lower case, with е for ё, each character in its usual form.
-- Combined letters and special spaces are as a keyboard types them (NFKC); stress marks, soft hyphens and characters of
-- no width are gone (a zero-width space between a small and a capital letter stands for a space); a letter of the wrong
-- alphabet is put right, also a Greek one beside others, and a zero in a word of letters. What can't be UTF-8 becomes
-- U+FFFD. Most texts need none of that, and are only lower-cased.
CREATE OR REPLACE FUNCTION zakaz_plain AS (text) -> if(
    match(text, '[^ -~А-Яа-яЁё]|[A-Za-z][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-z]|0[А-Яа-яЁё]'),
    arrayStringConcat(
        arrayMap(
            run -> zakaz_unmixed(if(match(run, '^[^1-9]*0[а-я][^1-9]*$'), replaceAll(run, '0', 'о'), run)),
            extractAll(
                replaceAll(
                    lowerUTF8(
                        replaceRegexpAll(
                            normalizeUTF8NFKC(
                                replaceRegexpAll(
                                    replaceRegexpAll(
                                        if(
                                            match(text, '[A-Za-zА-Яа-яЁё]'),
                                            translateUTF8(
                                                toValidUTF8(text),
                                                'ΑΒΕΗΙΚΜΝΟΡΤΥΧΖκορχϹϲЅѕ', 'ABEHIKMNOPTYXZkopxСсСс'
                                            ),
                                            toValidUTF8(text)
                                        ),
                                        '(\\p{Ll})\\x{200B}(\\p{Lu})', '\\1 \\2'
                                    ),
                                    '\\p{Cf}', ''
                                )
                            ),
                            '\\p{M}', ''
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
