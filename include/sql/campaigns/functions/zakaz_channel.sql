-- The channel of a sale and whether it is paid, by its utm_source and utm_medium: the first line of include/channels.csv
-- that fits, where * stands for any text. `bin/zakaz migrate` fills the lines in, those with fewer * first.
CREATE OR REPLACE FUNCTION zakaz_channel AS (source, medium) -> arrayMap(
    cells -> (cells[3], (cells[4] = '1')::Bool),
    [
        arrayFirst(
            cells -> cells[1] IN (zakaz_tag(source), '*') AND cells[2] IN (zakaz_tag(medium), '*'),
            arrayMap(line -> splitByChar('\t', line), splitByChar('\n', {channels:String}))
        )
    ]
)[1]
