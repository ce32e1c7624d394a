-- The comments of meta.v_vk_tag_owners and its columns.
ALTER TABLE meta.v_vk_tag_owners
COMMENT COLUMN utm_source 'as zakaz_tag writes it',
COMMENT COLUMN utm_campaign 'as zakaz_tag writes it',
COMMENT COLUMN owners 'account, campaign, first and last day of the sales that may be theirs',
MODIFY COMMENT 'Which campaigns of VK Ads own the sales under a pair of tags, and when'
