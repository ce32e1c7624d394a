-- The cities that the words of one text name, each once.
-- Each run of one, two or three words is looked up. Where runs overlap, the longest counts: `rostov velikiy` is not
-- also `rostov`.
CREATE OR REPLACE FUNCTION zakaz_cities AS (words, aliases, cities) -> arrayDistinct(
    arrayMap(
        named -> arrayMap(
            run -> run.1,
            arrayFilter(
                run -> NOT arrayExists(
                    other -> other.3 > run.3 AND other.2 < run.2 + run.3 AND run.2 < other.2 + other.3, named
                ),
                named
            )
        ),
        [
            arrayFilter(
                run -> run.1 != '',
                arrayMap(
                    run -> (
                        transform(run.1, arrayConcat(aliases, ['']), arrayConcat(cities, ['']), ''),
                        run.2,
                        run.3
                    ),
                    arrayFlatten(
                        arrayMap(
                            (first, second, third, place) -> [
                                (first, place, 1),
                                (concat(first, ' ', second), place, 2),
                                (concat(first, ' ', second, ' ', third), place, 3)
                            ],
                            words,
                            arrayResize(arraySlice(words, 2), length(words), ''),
                            arrayResize(arraySlice(words, 3), length(words), ''),
                            arrayEnumerate(words)
                        )
                    )
                )
            )
        ]
    )[1]
)
