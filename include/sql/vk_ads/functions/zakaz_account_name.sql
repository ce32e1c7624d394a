-- An account of VK Ads as people know it: its name, its id until the name has been read, nothing where there is none.
CREATE OR REPLACE FUNCTION zakaz_account_name AS (id, name) -> multiIf(id = 0, '', name = '', toString(id), name)
