-- Metrics of the load, in the columns of ClickHouse's FORMAT Prometheus: one row per metric and label, to read by name.
-- The label is `task`, since Prometheus has a `job` of its own. What is not known has no row, such as the age of a
-- backup where none was made.
CREATE OR REPLACE VIEW bi.v_etl_metrics DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    metric.1 AS name,
    metric.2 AS type,
    metric.3 AS help,
    labels,
    assumeNotNull(metric.4) AS value
FROM (
    SELECT
        map('task', job) AS labels,
        [
            (
                'zakaz_last_complete_day_timestamp_seconds', 'gauge',
                'Начало последнего полного дня по Москве; zakaz_etl: загрузки в целом',
                toFloat64(toUnixTimestamp(toDateTime(last_good_day, 'Europe/Moscow')))
            ),
            (
                'zakaz_last_complete_day_age_seconds', 'gauge', 'Сколько прошло с конца последнего полного дня',
                toFloat64(freshness_hours * 3600)
            ),
            ('zakaz_holes', 'gauge', 'Дней без удачной загрузки, любой давности', toFloat64(missing_days)),
            (
                'zakaz_open_incidents', 'gauge', 'Открытых сбоев задачи; zakaz_etl: всех задач',
                toFloat64(open_incidents)
            )
        ] AS metrics
    FROM bi.v_etl_status

    UNION ALL

    SELECT
        map('task', toString(job)) AS labels,
        [
            ('zakaz_failed_attempts_total', 'counter', 'Попыток с ошибкой за всё время', toFloat64(failures)),
            ('zakaz_last_good_rows', 'gauge', 'Строк записала последняя удачная попытка', toFloat64(good_rows)),
            ('zakaz_last_good_seconds', 'gauge', 'Сколько шла последняя удачная попытка', good_seconds),
            (
                'zakaz_backup_age_seconds', 'gauge', 'Сколько прошло с последней удачной резервной копии',
                if(job = 'backup', toFloat64(dateDiff('second', good_at, now())), NULL)
            )
        ] AS metrics
    FROM (
        SELECT
            job,
            countIf(status = 'error') AS failures,
            argMaxOrNullIf(rows_written, started_at, status = 'ok') AS good_rows,
            argMaxOrNullIf(duration_seconds, started_at, status = 'ok') AS good_seconds,
            maxOrNullIf(finished_at, status = 'ok') AS good_at
        FROM bi.v_etl_runs
        GROUP BY job
    ) AS jobs

    UNION ALL

    SELECT
        map('source', toString(source)) AS labels,
        [
            (
                'zakaz_restated_rubles', 'gauge', 'На сколько источник изменил суммы задним числом, за всё время',
                toFloat64(sum(rubles_changed))
            ),
            (
                'zakaz_proposed_lookback_seconds', 'gauge', 'На сколько назад стоит перечитывать дни, судя по этому',
                toFloat64(max(proposed_lookback_days) * 86400)
            )
        ] AS metrics
    FROM meta.v_restatement_drift
    GROUP BY source

    UNION ALL

    SELECT
        map('disk', name) AS labels,
        [
            ('zakaz_disk_free_bytes', 'gauge', 'Свободно на диске ClickHouse', toFloat64(free_space)),
            ('zakaz_disk_size_bytes', 'gauge', 'Размер диска ClickHouse', toFloat64(total_space))
        ] AS metrics
    FROM system.disks
    -- An object storage has no end: it names the largest number.
    WHERE total_space < 18446744073709551615
) AS known
ARRAY JOIN metrics AS metric
WHERE metric.4 IS NOT NULL
