-- The comments of meta.v_day_sums and its columns.
ALTER TABLE meta.v_day_sums
COMMENT COLUMN day 'Moscow day',
COMMENT COLUMN source 'vk_ads, qtickets, qtickets:NAME or file:NAME',
COMMENT COLUMN layer 'staging or mart',
COMMENT COLUMN row_count 'current rows',
COMMENT COLUMN version 'the newest _ver of these rows',
COMMENT COLUMN figures 'sums by name; money in rubles: spend net of VAT, revenue as the buyers paid it',
MODIFY COMMENT 'The sums of each Moscow day and source in each staging and mart'
