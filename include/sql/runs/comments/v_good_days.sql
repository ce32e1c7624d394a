-- The comments of meta.v_good_days and its columns.
ALTER TABLE meta.v_good_days
COMMENT COLUMN job 'task id',
COMMENT COLUMN day 'Moscow day',
COMMENT COLUMN last_started_at 'UTC instant of the begin of the last good attempt',
COMMENT COLUMN last_finished_at 'UTC instant of the end of the last good attempt to end',
COMMENT COLUMN last_rows_written 'rows in the table because of the last good attempt, over all its days',
COMMENT COLUMN last_log_url 'its log in Airflow',
COMMENT COLUMN last_dag_run_id 'id of its run in Airflow',
MODIFY COMMENT 'The good Moscow days of each job, with the last good attempt on each'
