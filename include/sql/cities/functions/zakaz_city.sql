-- The city rule: the first candidate text that contains a known city decides.
-- A text is made plain and split into words; sequences of three, then two words, then single words are looked up from
-- left to right (so that `velikiy_novgorod` comes before `novgorod`). Empty if no city is known.
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
                    text -> extractAll(zakaz_plain(text), '[0-9a-zа-я]+'),
                    candidates
                )
            )
        )
    )
)
