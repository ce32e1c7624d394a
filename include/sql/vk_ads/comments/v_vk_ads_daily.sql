-- The comments of bi.v_vk_ads_daily and its columns.
ALTER TABLE bi.v_vk_ads_daily
COMMENT COLUMN d 'День показов по Москве',
COMMENT COLUMN city 'Город, на который работает реклама; unknown: его нет ни в её текстах, ни в географии',
COMMENT COLUMN account_id 'Номер рекламного кабинета VK',
COMMENT COLUMN campaign_id 'Номер кампании VK',
COMMENT COLUMN campaign_name 'Название кампании, каким оно было в последний день с показами',
COMMENT COLUMN impressions 'Показов рекламы',
COMMENT COLUMN clicks 'Кликов по рекламе',
COMMENT COLUMN goals 'Достигнутых целей: по пикселю самой VK, а без него все, что считает VK',
COMMENT COLUMN spend 'Расход VK Рекламы, ₽ без НДС',
COMMENT COLUMN spend_with_vat 'Расход VK Рекламы, ₽ с НДС по ставке дня (include/vat_rates.csv); не округлён',
COMMENT COLUMN base_goals 'Всех целей, что считает VK, в день достижения; 0 у дней, загруженных до 2.0',
COMMENT COLUMN vk_goals 'Целей по пикселю самой VK, в день достижения; 0 у дней, загруженных до 2.0',
COMMENT COLUMN account_name 'Имя кабинета в VK (username); номер, если имя ещё не прочитано',
MODIFY COMMENT 'Расход на рекламу VK, ₽ без НДС, по московским дням, городам и кампаниям'
