-- The comments of bi.v_marketing_todo and its columns.
ALTER TABLE bi.v_marketing_todo
COMMENT COLUMN kind 'Что найдено',
COMMENT COLUMN object 'У кого: город, метка, кампания (с номером) или показ',
COMMENT COLUMN rubles 'Сколько ₽ за 14 дней это задело: расход без НДС, у меток и показов — выручка с НДС',
COMMENT COLUMN since 'С какого дня, в пределах 14 дней; у показа — его день',
COMMENT COLUMN advice 'Что сделать',
MODIFY COMMENT 'Что маркетолог может исправить, за последние 14 дней; мельче 1 000 ₽ не показано'
