-- The comments of bi.v_month_pacing and its columns.
ALTER TABLE bi.v_month_pacing
COMMENT COLUMN month 'Первый день месяца',
COMMENT COLUMN account_id 'Номер рекламного кабинета VK; 0: продажи и план выручки, у них кабинета нет',
COMMENT COLUMN city 'Город рекламы или показа; unknown: не известен',
COMMENT COLUMN budget 'План расхода на месяц, ₽ без НДС (include/plan.csv)',
COMMENT COLUMN spend 'Расход VK Рекламы с начала месяца, ₽ без НДС',
COMMENT COLUMN spend_expected
'Сколько плана расхода приходится на прошедшие дни, поровну на каждый, ₽ без НДС; не округлено',
COMMENT COLUMN spend_forecast
'Расход к концу месяца, ₽ без НДС: с начала месяца и по каждому оставшемуся дню среднее того же дня недели за 4 недели',
COMMENT COLUMN revenue_plan 'План выручки на месяц, ₽ (include/plan.csv), по всем кабинетам; в строках кабинета 0',
COMMENT COLUMN revenue
'Выручка с начала месяца (оборот организатора), ₽: с НДС, после скидок, до комиссии, возвраты не вычтены',
COMMENT COLUMN revenue_expected 'Сколько плана выручки приходится на прошедшие дни, поровну на каждый, ₽; не округлено',
COMMENT COLUMN revenue_forecast
'Выручка к концу месяца, ₽: с начала месяца и по каждому оставшемуся дню среднее того же дня недели за 4 недели',
COMMENT COLUMN days_loaded 'За сколько дней месяца загружены данные кабинета (0: продажи); меньше прошедших: есть дыры',
COMMENT COLUMN days_passed 'Дней месяца по самый новый загруженный день рекламы (у кабинета 0: продаж)',
COMMENT COLUMN days_in_month 'Дней в месяце',
COMMENT COLUMN account_name 'Имя кабинета в VK (username); номер, если имя ещё не прочитано; пусто у продаж',
MODIFY COMMENT 'План и факт по месяцам, рекламным кабинетам и городам: расход, выручка и прогноз на конец месяца'
