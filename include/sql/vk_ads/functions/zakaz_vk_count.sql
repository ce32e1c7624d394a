-- A count that VK gives as text, NULL if it is none or none that can be true: sums of such counts fit into UInt64.
CREATE OR REPLACE FUNCTION zakaz_vk_count AS (text) -> if(
    toUInt64OrNull(text) <= 1000000000000000, toUInt64OrNull(text), NULL
)
