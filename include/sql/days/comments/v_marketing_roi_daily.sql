-- The comments of bi.v_marketing_roi_daily and its columns.
ALTER TABLE bi.v_marketing_roi_daily
COMMENT COLUMN d 'День по Москве: показов рекламы, продажи или возврата',
COMMENT COLUMN city 'Город рекламы или показа; unknown: не известен',
COMMENT COLUMN impressions 'Показов рекламы',
COMMENT COLUMN clicks 'Кликов по рекламе',
COMMENT COLUMN spend 'Расход VK Рекламы, ₽ без НДС',
COMMENT COLUMN tickets_sold 'Продано билетов по дню оплаты; возвращённые не вычтены',
COMMENT COLUMN revenue 'Выручка (оборот организатора), ₽: с НДС, после скидок, до комиссии, возвраты не вычтены',
COMMENT COLUMN refunds_amount 'Возвраты, ₽: что вернули покупателям, в день возврата, а не продажи',
COMMENT COLUMN net_revenue 'Чистая выручка, ₽: выручка минус возвраты этого дня; с НДС, после скидок, до комиссии',
COMMENT COLUMN roas 'Чистая выручка всех каналов на рубль расхода VK без НДС; не усреднять: делить сумму на сумму',
COMMENT COLUMN cpc 'Цена клика, ₽ без НДС; не усреднять: делить сумму на сумму',
COMMENT COLUMN cost_per_ticket 'Расход VK на проданный билет, ₽ без НДС; не усреднять: делить сумму на сумму',
COMMENT COLUMN spend_with_vat 'Расход VK Рекламы, ₽ с НДС по ставке дня (include/vat_rates.csv); не округлён',
COMMENT COLUMN tickets_refunded 'Возвращено билетов, в день возврата; 0 у дней, загруженных до появления этого столбца',
COMMENT COLUMN net_tickets 'Проданные билеты минус возвращённые в этот день; бывает меньше нуля',
MODIFY COMMENT 'Расход VK без НДС и продажи всех каналов по московским дням и городам'
