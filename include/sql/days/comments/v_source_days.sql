-- The comments of meta.v_source_days and its columns.
ALTER TABLE meta.v_source_days
COMMENT COLUMN day 'Moscow day',
COMMENT COLUMN source 'vk_ads, qtickets or qtickets:NAME',
COMMENT COLUMN is_asked 'always 1: a day that was not asked for has no row',
COMMENT COLUMN is_confirmed_zero '1: the source confirmed a day without anything',
COMMENT COLUMN has_total '0: doubtful (SUSPECT_ZERO)',
COMMENT COLUMN version '_ver of the fetch that brought the total; 0 without one',
COMMENT COLUMN figures 'totals by name, money in rubles, spend net of VAT; NULL: not said',
MODIFY COMMENT 'The total of each source and fetched Moscow day'
