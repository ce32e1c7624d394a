-- The comments of bi.v_quality_history and its columns.
ALTER TABLE bi.v_quality_history
COMMENT COLUMN d 'День по Москве, который проверен',
COMMENT COLUMN check_name 'Имя проверки, как в include/sql/checks',
COMMENT COLUMN code 'Код сообщения, если проверка не пройдена',
COMMENT COLUMN severity 'fail: день красный, warn: только предупреждение',
COMMENT COLUMN subject 'Что проверено',
COMMENT COLUMN expected 'Чего ждали',
COMMENT COLUMN found 'Что нашли',
COMMENT COLUMN is_passed '1: пройдена, 0: нет',
COMMENT COLUMN emoji '🟢 пройдена, 🟡 предупреждение, 🔴 не пройдена',
COMMENT COLUMN checked_at 'Когда проверено, по Москве',
MODIFY COMMENT 'Последний итог каждой проверки данных по московским дням'
