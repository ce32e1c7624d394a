-- How each job stands, by the Moscow day its data belong to: an old day rebuilt today turns nothing green.
CREATE OR REPLACE VIEW bi.v_etl_status DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH toDate(now('Europe/Moscow')) - 1 AS yesterday

SELECT
    job,
    if(last_ok_day >= yesterday, 'green', if(last_ok_day >= yesterday - 1, 'yellow', 'red')) AS light,
    maxOrNullIf(to_date, status = 'ok') AS last_ok_day,
    argMax(status, started_at) AS last_status,
    max(started_at) AS last_started_at,
    countIf(status = 'error' AND started_at > now() - INTERVAL 24 HOUR) AS errors_24h
FROM meta.etl_runs FINAL
GROUP BY job
