-- The comments of bi.v_marketing_week_ago and its columns.
ALTER TABLE bi.v_marketing_week_ago
COMMENT COLUMN days 'Дней в сравнении: 1 или 7',
COMMENT COLUMN period 'Какие дни: последний полный день (загружены и VK, и продажи) или 7 дней по него',
COMMENT COLUMN from_day 'Первый из этих дней; сравниваются они с такими же днями недели неделей раньше',
COMMENT COLUMN to_day 'Последний полный день: загружены и расход VK, и продажи',
COMMENT COLUMN city 'Город рекламы или показа; unknown: не известен',
COMMENT COLUMN spend 'Расход VK Рекламы за эти дни, ₽ без НДС; только полные дни',
COMMENT COLUMN spend_before 'Расход VK Рекламы неделей раньше, ₽ без НДС; только полные дни',
COMMENT COLUMN tickets_sold 'Продано билетов по дню оплаты; возвращённые не вычтены; только полные дни',
COMMENT COLUMN tickets_sold_before 'Продано билетов неделей раньше; только полные дни',
COMMENT COLUMN net_revenue
'Чистая выручка всех каналов, ₽: минус возвраты; с НДС, после скидок, до комиссии; только полные дни',
COMMENT COLUMN net_revenue_before 'Чистая выручка всех каналов неделей раньше, ₽; только полные дни',
COMMENT COLUMN days_loaded 'Сколько из этих дней полны',
COMMENT COLUMN days_loaded_before 'Сколько дней неделей раньше полны',
COMMENT COLUMN is_comparable 'Полны все дни, и неделей раньше тоже: сравнивать можно',
COMMENT COLUMN weekday 'День недели последнего полного дня',
MODIFY COMMENT 'Последний полный день и 7 дней рядом с такими же днями неделей раньше, по городам'
