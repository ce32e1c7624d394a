-- The comments of meta.v_day_attempts and its columns.
ALTER TABLE meta.v_day_attempts
COMMENT COLUMN job 'task id',
COMMENT COLUMN day 'Moscow day; a scheduled run is responsible for its last one only',
COMMENT COLUMN status 'running, ok, error',
COMMENT COLUMN err_msg 'error, one line; empty if there is none',
COMMENT COLUMN started_at 'UTC instant of its begin',
COMMENT COLUMN rows_written 'rows in the table because of it, over all its days',
COMMENT COLUMN log_url 'its log in Airflow',
COMMENT COLUMN dag_run_id 'id of the run in Airflow; outside of it a name of its own',
MODIFY COMMENT 'Attempts, one row for each Moscow day that an attempt is responsible for'
