-- The comments of meta.v_city_changes and its columns.
ALTER TABLE meta.v_city_changes
COMMENT COLUMN stat_date 'Moscow day',
COMMENT COLUMN account_id 'account of VK Ads',
COMMENT COLUMN campaign_id 'ad_plan',
COMMENT COLUMN campaign_name 'name of the campaign',
COMMENT COLUMN city 'canonical name',
COMMENT COLUMN spend_in_mart 'rubles net of VAT, as the mart shows them',
COMMENT COLUMN spend_by_rule 'rubles net of VAT, as a rebuild would show them',
MODIFY COMMENT 'Where a rebuild of the mart of ad spend would move spend from one city to another'
