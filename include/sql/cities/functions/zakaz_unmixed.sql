-- A lower-case word without letters that only look right: of two alphabets, the one that can spell the whole word.
-- A Latin letter among Cyrillic ones is a slip of the keyboard (С and C are one key) or of a font, and the other way
-- round. A word that neither alphabet can spell stays as it is.
CREATE OR REPLACE FUNCTION zakaz_unmixed AS (word) -> multiIf(
    NOT match(word, '[а-я]') OR NOT match(word, '[a-zë]'), word,
    NOT match(translateUTF8(word, 'abcehkmoptxyë', 'авсенкмортхуе'), '[a-z]'),
    translateUTF8(word, 'abcehkmoptxyë', 'авсенкмортхуе'),
    NOT match(translateUTF8(word, 'авсенкмортху', 'abcehkmoptxy'), '[а-я]'),
    translateUTF8(word, 'авсенкмортху', 'abcehkmoptxy'),
    word
)
