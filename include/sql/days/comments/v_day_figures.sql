-- The comments of meta.v_day_figures and its columns.
ALTER TABLE meta.v_day_figures
COMMENT COLUMN day 'Moscow day',
COMMENT COLUMN impressions 'shows of ads',
COMMENT COLUMN clicks 'clicks on ads',
COMMENT COLUMN spend 'rubles net of VAT',
COMMENT COLUMN tickets 'tickets sold; a refund does not lessen them',
COMMENT COLUMN revenue 'rubles paid by buyers with VAT, after discounts, before commission, minus refunds of the day',
MODIFY COMMENT 'The sums of each Moscow day in the marts; sales by day of sale'
