-- The channel of a sale and whether it is paid, by its utm_source and utm_medium as zakaz_tag writes them.
-- The lines of include/channels.csv, where * stands for any text: one with both texts is taken before one with the
-- source, and that before one with the medium. `bin/zakaz migrate` fills them in.
CREATE OR REPLACE FUNCTION zakaz_channel AS (source, medium) -> arrayMap(
    channel -> (splitByChar('\t', channel)[1], (splitByChar('\t', channel)[2] = '1')::Bool),
    [
        transform(
            concat(source, '\t', medium),
            splitByChar('\n', {channel_tags:String}), splitByChar('\n', {channels:String}),
            transform(
                concat(source, '\t*'),
                splitByChar('\n', {channel_tags:String}), splitByChar('\n', {channels:String}),
                transform(
                    concat('*\t', medium),
                    splitByChar('\n', {channel_tags:String}), splitByChar('\n', {channels:String}),
                    'Другое\t0'
                )
            )
        )
    ]
)[1]
