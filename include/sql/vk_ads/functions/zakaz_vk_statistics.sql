-- Reads a reply of VK's daily statistics into columns, in one go.
-- Every figure is a text or NULL: JSONExtract would make a zero of what it can't read. What has another shape than this
-- comes out as NULL or as an empty array, what is no JSON as a reply without ads.
CREATE OR REPLACE FUNCTION zakaz_vk_statistics AS (body) -> JSONExtract(
    body,
    'Tuple(
        items Array(Tuple(
            id Nullable(UInt64),
            rows Array(Tuple(
                date Nullable(String),
                base Tuple(
                    shows Nullable(String),
                    clicks Nullable(String),
                    goals Nullable(String),
                    spent Nullable(String),
                    vk Tuple(goals Nullable(String))
                )
            )),
            total Tuple(base Tuple(
                shows Nullable(String), clicks Nullable(String), spent Nullable(String)
            ))
        )),
        total Tuple(base Tuple(
            shows Nullable(String), clicks Nullable(String), spent Nullable(String)
        ))
    )'
)
