-- The comments of bi.v_sales_other_currency_daily and its columns.
ALTER TABLE bi.v_sales_other_currency_daily
COMMENT COLUMN d 'День продажи или возврата по Москве',
COMMENT COLUMN currency 'Валюта, три буквы: KZT, BYN',
COMMENT COLUMN event_id 'Номер события в QTickets',
COMMENT COLUMN show_id 'Номер показа в QTickets; 0: не известен',
COMMENT COLUMN event_name 'Название события; пусто, если показ не известен',
COMMENT COLUMN city 'Город показа, как его пишет QTickets; пусто, если показ не известен',
COMMENT COLUMN tickets_sold 'Продано билетов по дню оплаты; возвращённые не вычтены',
COMMENT COLUMN tickets_refunded 'Возвращено билетов, в день возврата',
COMMENT COLUMN amount 'Выручка в этой валюте, после скидок, до комиссии, возвраты не вычтены',
COMMENT COLUMN amount_refunded 'Возвраты в этой валюте, в день возврата',
MODIFY COMMENT 'Билеты не в рублях: в рублёвые цифры они не входят; за последние RAW_DAYS дней'
