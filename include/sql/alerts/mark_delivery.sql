-- Another delivery state for alerts: for one (its alert_id), or for those of a kind that had a certain one, from
-- a certain time.
INSERT INTO meta.etl_alerts
(
    ts, severity, job, code, message, context_json, alert_id, dag_run_id, delivery, from_date, to_date, _ver
)
SELECT
    ts,
    severity,
    job,
    code,
    message,
    context_json,
    alert_id,
    dag_run_id,
    {delivery:String} AS delivery,
    from_date,
    to_date,
    {ver:UInt64} AS _ver
FROM meta.etl_alerts AS alerts FINAL
WHERE
    job = {job:String}
    AND code = {code:String}
    AND alerts.severity = {severity:String}
    AND (
        toString(alert_id) = {alert_id:String}
        OR (
            {alert_id:String} = ''
            AND alerts.delivery = {was:String}
            AND alerts.ts BETWEEN {since:DateTime64(6, 'UTC')} AND {until:DateTime64(6, 'UTC')}
        )
    )
