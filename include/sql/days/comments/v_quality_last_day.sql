-- The comments of meta.v_quality_last_day and its columns.
ALTER TABLE meta.v_quality_last_day
COMMENT COLUMN d 'yesterday, Moscow day',
COMMENT COLUMN sales_rows 'rows in the mart of sales',
COMMENT COLUMN sales_revenue 'rubles, minus refunds of the day',
COMMENT COLUMN vk_rows 'rows in the mart of ad spend',
COMMENT COLUMN vk_spend 'rubles net of VAT',
MODIFY COMMENT 'Yesterday (Moscow) in the marts, in one row; sales by day of sale'
