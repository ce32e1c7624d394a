-- The comments of bi.v_sales_by_tag_daily and its columns.
ALTER TABLE bi.v_sales_by_tag_daily
COMMENT COLUMN d 'День продажи или возврата по Москве',
COMMENT COLUMN source 'Чьи это продажи: qtickets, qtickets:ИМЯ или file:ИМЯ',
COMMENT COLUMN channel 'Канал по меткам (include/channels.csv)',
COMMENT COLUMN is_paid 'Канал платный (include/channels.csv)',
COMMENT COLUMN utm_source 'Метка заказа; пусто, если её нет',
COMMENT COLUMN utm_medium 'Метка заказа; пусто, если её нет или день загружен до 2.0',
COMMENT COLUMN utm_campaign 'Метка заказа; пусто, если её нет',
COMMENT COLUMN utm_content 'Метка заказа; пусто, если её нет или день загружен до 2.0',
COMMENT COLUMN utm_term 'Метка заказа; пусто, если её нет или день загружен до 2.0',
COMMENT COLUMN promo_code_id 'Номер промокода в QTickets; 0: без промокода',
COMMENT COLUMN discount_id 'Номер скидки в QTickets; 0: без скидки',
COMMENT COLUMN tickets_sold 'Продано билетов по дню оплаты; возвращённые не вычтены',
COMMENT COLUMN tickets_refunded 'Возвращено билетов, в день возврата',
COMMENT COLUMN revenue 'Выручка (оборот организатора), ₽: с НДС, после скидок, до комиссии, возвраты не вычтены',
COMMENT COLUMN refunds_amount 'Возвраты, ₽: что вернули покупателям, в день возврата, а не продажи',
COMMENT COLUMN net_revenue 'Чистая выручка, ₽: выручка минус возвраты этого дня; с НДС, после скидок, до комиссии',
MODIFY COMMENT 'Продажи по каналам, меткам и промокодам'
