-- The comments of bi.v_sales_daily and its columns.
ALTER TABLE bi.v_sales_daily
COMMENT COLUMN d 'День продажи или возврата по Москве',
COMMENT COLUMN event_date 'День показа там, где он идёт; 1970-01-01, если не известен',
COMMENT COLUMN city 'Город показа; unknown: источник его не называет',
COMMENT COLUMN event_id 'Номер события у источника',
COMMENT COLUMN event_name 'Название события, каким оно было у источника при загрузке',
COMMENT COLUMN tickets_sold 'Продано билетов по дню оплаты; возвращённые не вычтены',
COMMENT COLUMN revenue 'Выручка (оборот организатора), ₽: с НДС, после скидок, до комиссии, возвраты не вычтены',
COMMENT COLUMN refunds_amount 'Возвраты, ₽: что вернули покупателям, в день возврата, а не продажи',
COMMENT COLUMN net_revenue 'Чистая выручка, ₽: выручка минус возвраты этого дня; с НДС, после скидок, до комиссии',
COMMENT COLUMN source 'Чьи это продажи: qtickets, qtickets:ИМЯ или file:ИМЯ',
COMMENT COLUMN tickets_refunded 'Возвращено билетов, в день возврата; 0 у дней, загруженных до появления этого столбца',
COMMENT COLUMN net_tickets 'Проданные билеты минус возвращённые в этот день; бывает меньше нуля',
COMMENT COLUMN discount_amount 'Скидки, ₽, по дню оплаты: в выручку уже не входят; 0 у дней, загруженных до 2.0',
COMMENT COLUMN service_fee_amount 'Сервисный сбор за проданные билеты, ₽; входит ли он в выручку, QTickets не говорит',
COMMENT COLUMN refund_kept_amount 'Удержано при возвратах, ₽, в день возврата: остаётся в чистой выручке',
MODIFY COMMENT 'Продажи билетов по московским дням, городам и событиям; возврат стоит в дне возврата'
