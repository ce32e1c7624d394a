-- Parses a reply of VK's daily statistics into columns, in one pass.
-- Every figure is a text or NULL, since JSONExtract turns an unreadable number into zero. An unexpected structure
-- yields NULL or an empty array, and invalid JSON a reply without ads.
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
