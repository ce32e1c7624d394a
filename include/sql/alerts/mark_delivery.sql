-- Sets the delivery state of alerts.
-- Either of one alert (alert_id), or of those of a kind with a given state and within a given time range.
INSERT INTO meta.etl_alerts
SELECT * REPLACE ({delivery:String} AS delivery, zakaz_version(alerts._ver) AS _ver) -- noqa: AM04, PRS
FROM meta.etl_alerts AS alerts FINAL
WHERE
    alerts.job = {job:String}
    AND alerts.code = {code:String}
    AND alerts.severity = {severity:String}
    AND (
        toString(alerts.alert_id) = {alert_id:String}
        OR (
            {alert_id:String} = ''
            AND alerts.delivery = {was:String}
            AND alerts.ts BETWEEN {since:DateTime64(6, 'UTC')} AND {until:DateTime64(6, 'UTC')}
        )
    )
