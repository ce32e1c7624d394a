-- The comments of meta.v_restatement_drift and its columns.
ALTER TABLE meta.v_restatement_drift
COMMENT COLUMN source 'vk_ads, qtickets or qtickets:NAME',
COMMENT COLUMN age_days 'days from the Moscow day to the load that changed it',
COMMENT COLUMN days_changed 'days that were changed at this age',
COMMENT COLUMN rubles_changed 'sum of the changes of money, rubles; a rise and a fall cancel each other',
COMMENT COLUMN largest_drift 'largest change of money, as a share of what stood there',
COMMENT COLUMN mean_drift 'mean change of money, as a share of what stood there',
COMMENT COLUMN proposed_lookback_days 'oldest age at which money changed by more than a thousandth of the day',
MODIFY COMMENT 'How much a source still changes a day, by the age of the day'
