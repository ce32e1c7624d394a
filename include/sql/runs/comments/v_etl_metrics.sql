-- The comments of bi.v_etl_metrics and its columns.
ALTER TABLE bi.v_etl_metrics
COMMENT COLUMN name 'Имя метрики',
COMMENT COLUMN type 'Вид метрики: gauge или counter',
COMMENT COLUMN help 'Что она значит',
COMMENT COLUMN labels 'Метка: task, source или disk',
COMMENT COLUMN value 'Значение, в единицах из имени',
MODIFY COMMENT 'Метрики загрузки для Prometheus, по строке на метрику и метку'
