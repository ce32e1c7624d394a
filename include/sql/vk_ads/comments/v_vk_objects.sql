-- The comments of meta.v_vk_objects and its columns.
ALTER TABLE meta.v_vk_objects
COMMENT COLUMN kind 'campaign, ad_group, ad',
COMMENT COLUMN account_id 'account of VK Ads',
COMMENT COLUMN object_id 'its id in VK Ads',
COMMENT COLUMN name 'as VK had it on the newest Moscow day on which it had figures',
COMMENT COLUMN first_spend 'first Moscow day with spend; NULL: none yet',
MODIFY COMMENT 'The campaigns, ad groups and ads of VK Ads by their current names'
