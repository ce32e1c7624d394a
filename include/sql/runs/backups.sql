-- The jobs of backups that are set up, each with its last good run; with the newest one's words if it failed.
-- Overdue: none for 36 hours, or a month and a week without a restore that proved a backup. An installation that is
-- younger than that is not late yet.
WITH
jobs AS (
    SELECT
        arrayJoin(splitByChar(',', {jobs:String})) AS job,
        indexOf(splitByChar(',', {jobs:String}), job) AS position,
        if(job = 'restore_check', 37 * 24, 36) AS hours
),

attempts AS (
    SELECT
        job AS attempted_job,
        maxIf(started_at, status = 'ok') AS last_good_at,
        argMax(status, started_at) AS last_status,
        if(last_status = 'error', argMax(err_msg, started_at), '') AS last_error
    FROM meta.etl_runs FINAL
    WHERE from_date IS NULL
    GROUP BY attempted_job
),

installed AS (
    SELECT min(started_at) AS installed_at
    FROM meta.etl_runs
)

SELECT
    jobs.job AS job,
    zakaz_job_ru(jobs.job) AS subject,
    multiIf(
        greatest(attempts.last_good_at, installed.installed_at)
        < {now:DateTime64(6, 'UTC')} - toIntervalHour(jobs.hours), 'red',
        attempts.last_status = 'error', 'yellow',
        'green'
    ) AS light,
    concat(
        if(
            attempts.last_good_at > toDateTime64(0, 6, 'UTC'),
            concat('последняя удачная ', formatDateTime(attempts.last_good_at, '%d.%m.%Y %H:%i', 'Europe/Moscow')),
            'удачных ещё не было'
        ),
        if(attempts.last_error != '', '; последняя попытка с ошибкой', '')
    ) AS reason,
    attempts.last_error AS last_error,
    attempts.last_good_at AS last_good_at
FROM jobs
CROSS JOIN installed
LEFT JOIN attempts ON jobs.job = attempts.attempted_job
ORDER BY jobs.position
