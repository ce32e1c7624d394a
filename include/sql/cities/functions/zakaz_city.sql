-- The city rule, in one place: the first of the candidate texts that names a known city decides.
-- A text is lower-cased, ё becomes е, and it is cut into words; runs of three, then two, then one word are looked up
-- (so `velikiy_novgorod` is found before `novgorod`), from left to right. No known city: an empty string.
CREATE OR REPLACE FUNCTION zakaz_city AS (candidates, aliases, cities) -> arrayFirst(
    city -> city != '',
    arrayMap(
        words -> transform(words, arrayConcat(aliases, ['']), arrayConcat(cities, ['']), ''),
        arrayFlatten(
            arrayMap(
                words -> arrayMap(
                    run -> arrayStringConcat(arraySlice(words, run.2, run.1), ' '),
                    arraySort(
                        run -> (-run.1, run.2),
                        arrayFilter(
                            run -> run.2 + run.1 <= length(words) + 1,
                            arrayFlatten(
                                arrayMap(place -> [(3, place), (2, place), (1, place)], arrayEnumerate(words))
                            )
                        )
                    )
                ),
                arrayMap(
                    text -> extractAll(replaceAll(lowerUTF8(text), 'ё', 'е'), '[0-9a-zа-я]+'),
                    candidates
                )
            )
        )
    )
)
