-- The comments of bi.v_ops_freshness and its columns.
ALTER TABLE bi.v_ops_freshness
COMMENT COLUMN mart 'Таблица витрины',
COMMENT COLUMN last_day 'Последний московский день с данными; NULL: витрина пуста',
COMMENT COLUMN hours_since_end_of_day 'Сколько часов прошло с конца этого дня по Москве',
MODIFY COMMENT 'Последний день каждой витрины, по датам её данных, а не по времени запусков'
