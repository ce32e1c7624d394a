-- The comments of meta.v_attributed_sales and its columns.
ALTER TABLE meta.v_attributed_sales
COMMENT COLUMN d 'Moscow day of the sale or refund',
COMMENT COLUMN utm_source 'as zakaz_tag writes it',
COMMENT COLUMN utm_medium 'as zakaz_tag writes it',
COMMENT COLUMN utm_campaign 'as zakaz_tag writes it',
COMMENT COLUMN channel 'by include/channels.csv',
COMMENT COLUMN is_paid 'by include/channels.csv',
COMMENT COLUMN account_id 'account of VK Ads; 0: the sale belongs to no campaign',
COMMENT COLUMN campaign_id 'ad_plan of VK Ads; 0: the sale belongs to no campaign',
COMMENT COLUMN attribution 'campaign, tag_of_several, tag_of_none, other_channel, no_tag',
COMMENT COLUMN tickets_sold 'tickets, by the day of payment',
COMMENT COLUMN tickets_refunded 'tickets, on the day of the refund',
COMMENT COLUMN revenue 'rubles paid by buyers with VAT, after discounts, before commission and refunds',
COMMENT COLUMN refunds_amount 'rubles, on the day of the refund',
MODIFY COMMENT 'Sales by day, tags and the campaign of VK Ads that they belong to'
