-- The good Moscow days of each job, with the last good attempt on each.
-- A scheduled last stage checks more days of sales than of spend; the days that it checked completely are those of the
-- task that reads the fewest. A backfill of a day that the scheduler had started keeps its run id, but makes none of
-- that run's other days good.
CREATE OR REPLACE VIEW meta.v_good_days DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
good_runs AS (
    SELECT
        job,
        dag_run_id,
        run_type,
        rows_written,
        log_url,
        started_at,
        assumeNotNull(finished_at) AS ended_at,
        assumeNotNull(from_date) AS from_date,
        assumeNotNull(to_date) AS to_date
    FROM meta.etl_runs AS runs FINAL
    -- The column, not what it is called above, which is never NULL.
    WHERE runs.status = 'ok' AND runs.from_date IS NOT NULL
),

narrowest AS (
    SELECT
        dag_run_id,
        run_type,
        max(from_date) AS from_date
    FROM good_runs
    GROUP BY dag_run_id, run_type
)

SELECT
    good_runs.job AS job,
    arrayJoin(
        zakaz_days(
            if(
                good_runs.job = zakaz_last_stage() AND good_runs.run_type = 'scheduled',
                narrowest.from_date,
                good_runs.from_date
            ),
            good_runs.to_date
        )
    ) AS day,
    max(good_runs.started_at) AS last_started_at,
    max(good_runs.ended_at) AS last_finished_at,
    argMax(good_runs.rows_written, good_runs.started_at) AS last_rows_written,
    argMax(good_runs.log_url, good_runs.started_at) AS last_log_url,
    argMax(good_runs.dag_run_id, good_runs.started_at) AS last_dag_run_id
FROM good_runs
INNER JOIN narrowest USING (dag_run_id, run_type)
GROUP BY job, day
