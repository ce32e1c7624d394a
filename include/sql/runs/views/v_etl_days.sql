-- The state of each Moscow day for each job that ever processed it.
-- `good` after a good attempt, `red` if it failed later, `running` if it is in progress. A scheduled run makes the days
-- that it looks back to good, but only its own day red.
CREATE OR REPLACE VIEW bi.v_etl_days DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day AS d,
    job,
    zakaz_job_ru(job) AS job_ru,
    multiIf(
        maxIf(at, status = 'running') > greatest(maxIf(at, status = 'ok'), maxIf(at, status = 'error')), 'running',
        maxIf(at, status = 'error') > maxIf(at, status = 'ok'), 'red',
        'good'
    ) AS state,
    zakaz_light_emoji(transform(state, ['good', 'running', 'red'], ['green', 'yellow', 'red'], '')) AS emoji,
    toTimeZone(max(began_at), 'Europe/Moscow') AS last_started_at,
    countIf(is_own) AS attempts,
    countIf(is_own AND status = 'error') AS failures,
    argMax(written, began_at) AS rows_written,
    argMax(url, began_at) AS log_url,
    argMax(dag_run, began_at) AS dag_run_id,
    if(state = 'red', argMaxIf(error, began_at, status = 'error'), '') AS last_error
FROM (
    SELECT
        job,
        day,
        'ok' AS status,
        last_started_at AS began_at,
        last_finished_at AS at,
        last_rows_written AS written,
        last_log_url AS url,
        last_dag_run_id AS dag_run,
        '' AS error,
        false AS is_own
    FROM meta.v_good_days

    UNION ALL

    SELECT
        job,
        day,
        status,
        started_at AS began_at,
        started_at AS at,
        rows_written AS written,
        log_url AS url,
        dag_run_id AS dag_run,
        err_msg AS error,
        true AS is_own
    FROM meta.v_day_attempts
) AS looks
GROUP BY day, job
