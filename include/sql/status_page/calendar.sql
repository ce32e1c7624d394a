-- The state of each Moscow day of a range for each stage of the chain, oldest first.
-- Besides the states of bi.v_etl_days, for a day without an attempt: `waiting` if it is not due yet, `missing` if it is
-- one of missing.sql, so that no green light stands above it, and `none` if nothing was expected: before the stage's
-- first attempt or the first complete day, or on a day that is complete without this stage.
WITH
stages AS (
    SELECT
        arrayJoin(zakaz_stages()) AS stage,
        indexOf(zakaz_stages(), stage) AS position
),

-- The view scans the whole history, so it is read once, for the days shown and for the very first day.
known AS (
    SELECT
        job AS known_job,
        min(d) AS first_day,
        groupArrayIf(
            (d, state, attempts, failures, rows_written, last_started_at, last_error, log_url, dag_run_id),
            d >= {from_date:Date}
        ) AS cells
    FROM bi.v_etl_days
    GROUP BY known_job
),

-- A run id may exist in both the daily DAG and a backfill; the stage's attempt tells which.
runs AS (
    SELECT
        job AS run_job,
        dag_run_id AS run_name,
        argMax(dag_id, started_at) AS run_dag
    FROM meta.etl_runs
    WHERE to_date >= {from_date:Date}
    GROUP BY run_job, run_name
),

days AS (
    SELECT
        stages.stage AS stage,
        stages.position AS position,
        known.first_day AS first_day,
        arrayJoin(zakaz_days({from_date:Date}, {to_date:Date})) AS day,
        arrayFirst(cell -> cell.1 = day, known.cells) AS cell,
        cell.2 != '' AS is_known
    FROM stages
    LEFT JOIN known ON stages.stage = known.known_job
)

SELECT
    toString(days.day) AS d,
    days.stage AS job,
    zakaz_job_ru(days.stage) AS job_ru,
    multiIf(
        days.is_known, days.cell.2,
        -- 1970 for a stage that never ran.
        days.first_day = toDate(0) OR days.day < days.first_day, 'none',
        days.day > zakaz_due_day({now:DateTime64(6, 'UTC')}), 'waiting',
        has(splitByChar(',', {missing:String}), d), 'missing',
        'none'
    ) AS state,
    toUInt32(days.cell.3) AS attempts,
    toUInt32(days.cell.4) AS failures,
    toFloat64(days.cell.5) AS rows_written,
    if(days.is_known, formatDateTime(days.cell.6, '%d.%m %H:%i', 'Europe/Moscow'), '') AS started,
    days.cell.7 AS error,
    days.cell.8 AS log_url,
    days.cell.9 AS dag_run_id,
    runs.run_dag AS dag_id
FROM days
LEFT JOIN runs ON days.stage = runs.run_job AND dag_run_id = runs.run_name
ORDER BY days.position, days.day
-- As in lights.sql.
SETTINGS max_threads = 1, do_not_merge_across_partitions_select_final = 1, join_use_nulls = 0
