-- The comments of bi.v_etl_days and its columns.
ALTER TABLE bi.v_etl_days
COMMENT COLUMN d 'День данных по Москве',
COMMENT COLUMN job 'Код задачи',
COMMENT COLUMN job_ru 'Название задачи',
COMMENT COLUMN state 'good: последняя попытка удалась, red: после неё была ошибка, running: идёт',
COMMENT COLUMN emoji '🟢 удачно, 🟡 идёт, 🔴 ошибка',
COMMENT COLUMN last_started_at 'Начало последней попытки, по Москве',
COMMENT COLUMN attempts 'Сколько было попыток именно за этот день',
COMMENT COLUMN failures 'Сколько попыток за этот день кончилось ошибкой',
COMMENT COLUMN rows_written 'Сколько строк записала последняя попытка, за все её дни',
COMMENT COLUMN log_url 'Журнал последней попытки в Airflow',
COMMENT COLUMN dag_run_id 'Запуск последней попытки',
COMMENT COLUMN last_error 'Последняя ошибка; пусто, если день не красный',
MODIFY COMMENT 'Состояние каждого московского дня у каждой задачи, которая им занималась'
