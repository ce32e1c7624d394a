-- The status of the daily load as a whole (zakaz_etl) and of each of its jobs.
-- By the Moscow day of the data: rebuilding an old day today turns nothing green. Green: the day that is due is
-- complete. Yellow: it is, but there are open incidents, days are missing, however old, or the last attempt failed.
-- Red: it is not.
CREATE OR REPLACE VIEW bi.v_etl_status DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH
zakaz_due_day(now()) AS due_day,

jobs AS (
    SELECT
        arrayJoin(arrayConcat(['zakaz_etl'], zakaz_stages())) AS job,
        toUInt32(indexOf(zakaz_stages(), job) + 1) AS position
),

-- A day is done when its last stage is.
good AS (
    SELECT
        arrayJoin(if(job = zakaz_last_stage(), [job, 'zakaz_etl'], [job])) AS good_job,
        max(day) AS last_good_day,
        groupUniqArray(day) AS good_days
    FROM meta.v_good_days
    GROUP BY good_job
),

attempts AS (
    SELECT
        arrayJoin([job, 'zakaz_etl']) AS attempted_job,
        max(started_at) AS last_at,
        argMax(status, started_at) AS last_state,
        argMax(err_msg, started_at) AS last_err_msg,
        argMax(log_url, started_at) AS last_log_url,
        countIf(started_at > now() - INTERVAL 24 HOUR) AS tries_24h,
        countIf(started_at > now() - INTERVAL 24 HOUR AND status = 'error') AS errors_24h,
        countIf(started_at > now() - INTERVAL 48 HOUR) AS tries_48h,
        countIf(started_at > now() - INTERVAL 48 HOUR AND status = 'error') AS errors_48h
    FROM meta.etl_runs FINAL
    -- A backup is no attempt at the load.
    WHERE has(zakaz_stages(), job)
    GROUP BY attempted_job
),

incidents AS (
    SELECT
        arrayJoin(arrayDistinct([job, 'zakaz_etl'])) AS incident_job,
        count() AS incident_count,
        arrayStringConcat(arraySort(groupUniqArray(code)), ', ') AS incident_codes
    FROM meta.v_incidents
    WHERE recovered_at IS NULL
    GROUP BY incident_job
),

backfills AS (
    SELECT
        arrayStringConcat(
            groupArray(
                concat(
                    formatDateTime(first_day, '%d.%m.%Y'), ' – ', formatDateTime(last_day, '%d.%m.%Y'),
                    ': готово ', toString(days_ok), ' из ', toString(days)
                )
            ),
            '; '
        ) AS backfills_now
    FROM meta.v_backfills
    WHERE backfill_state = 'running'
),

known AS (
    SELECT
        jobs.job AS job,
        jobs.position AS position,
        good.last_good_day AS last_good_day,
        attempts.last_at AS last_at,
        coalesce(attempts.last_state, '') AS last_state,
        coalesce(attempts.last_err_msg, '') AS last_err_msg,
        coalesce(attempts.last_log_url, '') AS last_log_url,
        coalesce(attempts.tries_24h, 0) AS tries_24h,
        coalesce(attempts.errors_24h, 0) AS errors_24h,
        coalesce(attempts.tries_48h, 0) AS tries_48h,
        coalesce(attempts.errors_48h, 0) AS errors_48h,
        coalesce(incidents.incident_count, 0) AS incident_count,
        coalesce(incidents.incident_codes, '') AS incident_codes,
        coalesce(last_good_day >= due_day, 0) AS is_fresh,
        -- A source that is not set up is not late.
        max(jobs.job = 'zakaz_etl' AND is_fresh) OVER ()
        AND incident_count = 0
        AND coalesce(last_at < now() - INTERVAL 7 DAY, 1) AS is_unused,
        -- Of a job those that it did not do itself, of the days that lack a good run as a whole.
        if(
            is_unused,
            [],
            arrayFilter(
                day -> NOT has(good.good_days, day),
                zakaz_missing_days(anyIf(good.good_days, jobs.job = 'zakaz_etl') OVER (), now())
            )
        ) AS missing,
        arrayFirst(day -> NOT has(missing, day + 1), missing) AS first_end,
        concat(
            formatDateTime(missing[1], '%d.%m.%Y'),
            if(first_end = missing[1], '', concat(' – ', formatDateTime(first_end, '%d.%m.%Y'))),
            if(first_end = missing[-1], '', ' и позже')
        ) AS first_missing
    FROM jobs
    LEFT JOIN good ON jobs.job = good.good_job
    LEFT JOIN attempts ON jobs.job = attempts.attempted_job
    LEFT JOIN incidents ON jobs.job = incidents.incident_job
)

SELECT
    job,
    zakaz_job_ru(job) AS job_ru,
    multiIf(
        is_unused, 'green',
        NOT is_fresh, 'red',
        incident_count > 0 OR notEmpty(missing) OR last_state = 'error', 'yellow',
        'green'
    ) AS light,
    zakaz_light_emoji(light) AS emoji,
    concat(
        multiIf(
            is_unused, 'не используется: за неделю ни одного запуска',
            last_good_day IS NULL, 'ещё ни одного полного дня',
            NOT is_fresh, concat(
                'нет данных за ', formatDateTime(due_day, '%d.%m'),
                ', последний полный день ', formatDateTime(last_good_day, '%d.%m.%Y')
            ),
            concat('данные полные по ', formatDateTime(last_good_day, '%d.%m.%Y'))
        ),
        if(
            notEmpty(missing) AND last_good_day IS NOT NULL,
            concat('; не хватает дней: ', toString(length(missing)), ' (', first_missing, ')'), ''
        ),
        if(incident_count > 0, concat('; открытых сбоев: ', toString(incident_count), ' (', incident_codes, ')'), ''),
        if(
            last_state = 'running',
            concat('; идёт загрузка с ', formatDateTime(assumeNotNull(last_at), '%H:%i', 'Europe/Moscow')), ''
        ),
        if(last_state = 'error', '; последняя попытка с ошибкой', ''),
        if(backfills_now != '', concat('; пересчёт ', backfills_now), '')
    ) AS reason,
    last_good_day,
    dateDiff('hour', toDateTime(last_good_day + 1, 'Europe/Moscow'), now('Europe/Moscow')) AS freshness_hours,
    last_state AS last_status,
    transform(last_state, ['ok', 'error', 'running'], ['успешно', 'ошибка', 'идёт'], 'не было') AS last_status_ru,
    toTimeZone(last_at, 'Europe/Moscow') AS last_started_at,
    if(last_state = 'error', last_err_msg, '') AS last_error,
    last_log_url AS log_url,
    tries_24h AS attempts_24h,
    errors_24h AS failures_24h,
    tries_48h AS attempts_48h,
    errors_48h AS failures_48h,
    -- A failure that was repaired since is yellow.
    zakaz_light_emoji(
        multiIf(tries_24h = 0, '', errors_24h = 0, 'green', last_state = 'error', 'red', 'yellow')
    ) AS emoji_24h,
    zakaz_light_emoji(
        multiIf(tries_48h = 0, '', errors_48h = 0, 'green', last_state = 'error', 'red', 'yellow')
    ) AS emoji_48h,
    incident_count AS open_incidents,
    toInt64(length(missing)) AS missing_days,
    if(empty(missing), '', first_missing) AS missing_period,
    backfills_now AS backfills_in_progress,
    position
FROM known
CROSS JOIN backfills
-- DataLens sets its own join_use_nulls, but the view must give everyone the same result.
SETTINGS join_use_nulls = 1
