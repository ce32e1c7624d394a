-- The comments of meta.v_cities_of_ads and its columns.
ALTER TABLE meta.v_cities_of_ads
COMMENT COLUMN stat_date 'Moscow day',
COMMENT COLUMN account_id 'account of VK Ads',
COMMENT COLUMN campaign_id 'ad_plan',
COMMENT COLUMN campaign_name 'the fourth text',
COMMENT COLUMN ad_group_name 'the third text',
COMMENT COLUMN ad_id 'banner',
COMMENT COLUMN utm_campaign 'the second text',
COMMENT COLUMN utm_content 'the first text',
COMMENT COLUMN impressions 'impressions',
COMMENT COLUMN clicks 'clicks',
COMMENT COLUMN goals 'goals',
COMMENT COLUMN spend 'rubles net of VAT',
COMMENT COLUMN named 'cities of the four texts but for weak ones, then all cities of the four texts',
COMMENT COLUMN city 'first of the lists that is not empty; unknown where there is none',
MODIFY COMMENT 'The staging of VK Ads with the city of each row'
