-- The comments of bi.v_city_of_ads and its columns.
ALTER TABLE bi.v_city_of_ads
COMMENT COLUMN account_id 'Кабинет VK',
COMMENT COLUMN ad_id 'Объявление',
COMMENT COLUMN campaign_id 'Кампания',
COMMENT COLUMN utm_content 'Первый текст, в котором ищется город: utm_content, за последний день объявления',
COMMENT COLUMN utm_campaign 'Второй текст: utm_campaign',
COMMENT COLUMN ad_group_name 'Третий текст: название группы',
COMMENT COLUMN campaign_name 'Четвёртый текст: название кампании',
COMMENT COLUMN region_name
'Пятый текст: единственный регион в географии группы; пусто, если их несколько, нет или имя ещё не прочитано',
COMMENT COLUMN city 'Город объявления; «несколько городов», если решающий текст называет разные; unknown: не определён',
COMMENT COLUMN decided_by 'Что решило: utm_content, utm_campaign, группа, кампания, география или «не определён»',
COMMENT COLUMN cities_found 'Все города, которые названы в текстах, сначала уверенные; больше одного стоит проверить',
COMMENT COLUMN spend_30d 'Расход за последние 30 дней, рубли без НДС',
MODIFY COMMENT 'Какой город у каждого объявления последних 30 дней и почему'
