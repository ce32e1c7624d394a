-- The campaigns, ad groups and ads of VK Ads by their current names.
-- Not newest.name, which is a column of its own to the engine: FINAL would not take it from the row with the maximum.
CREATE OR REPLACE VIEW meta.v_vk_objects DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    kind,
    account_id,
    object_id,
    tupleElement(newest, 'name') AS name,
    first_spend
FROM zakaz.dim_vk_object FINAL
