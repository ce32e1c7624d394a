-- Parses a reply of VK's daily statistics into columns, in one pass.
-- Every number is a text or NULL, since JSONExtract turns an unreadable one into zero. An unexpected structure
-- yields NULL or an empty array, and invalid JSON a reply without ads: see sources/vk_replies.py.
CREATE OR REPLACE FUNCTION zakaz_vk_statistics AS (body) -> JSONExtract(
    body,
    'Tuple(
        items Array(Tuple(
            id Nullable(String),
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
