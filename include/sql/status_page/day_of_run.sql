-- The last Moscow day that a run's stage processed.
SELECT toString(max(to_date)) AS day
FROM meta.etl_runs FINAL
WHERE dag_run_id = {dag_run_id:String} AND job = {job:String} AND to_date IS NOT NULL
HAVING count() > 0
