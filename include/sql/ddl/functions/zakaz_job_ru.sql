-- The name of a job as people read it; the same as in include/messages/jobs.json.
CREATE OR REPLACE FUNCTION zakaz_job_ru AS (job) -> transform(
    toString(job),
    [
        'zakaz_etl', 'vk_fetch', 'qtickets_fetch', 'build_dm_vk', 'build_dm_sales', 'healthcheck', 'watchdog', 'airflow'
    ],
    [
        'Ежедневная загрузка', 'Загрузка VK Рекламы', 'Загрузка продаж QTickets', 'Витрина расходов VK',
        'Витрина продаж', 'Проверка данных', 'Сторож', 'Запуски Airflow'
    ],
    toString(job)
)
