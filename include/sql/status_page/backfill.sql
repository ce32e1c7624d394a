-- The last backfill, with the sums of its days before and after, as far as they are known.
WITH last AS (
    SELECT *
    FROM meta.v_backfills
    ORDER BY began_at DESC
    LIMIT 1
)

SELECT
    last.backfill_id AS backfill_id,
    toString(any(last.first_day)) AS first_day,
    toString(any(last.last_day)) AS last_day,
    any(last.task) AS task,
    any(last.why) AS why,
    any(last.who) AS who,
    any(last.backfill_state) AS state,
    formatDateTime(any(last.began_at), '%d.%m.%Y %H:%i', 'Europe/Moscow') AS began,
    toUInt32(any(last.days)) AS days,
    toUInt32(any(last.days_ok)) AS days_ok,
    toUInt32(any(last.days_changed)) AS days_changed,
    toUInt32(count(ledger.spend_after)) AS days_settled,
    toFloat64(sumIf(ledger.spend_before, isNotNull(ledger.spend_after))) AS spend_before,
    toFloat64(sum(ledger.spend_after)) AS spend_after,
    toFloat64(sumIf(ledger.clicks_before, isNotNull(ledger.clicks_after))) AS clicks_before,
    toFloat64(sum(ledger.clicks_after)) AS clicks_after,
    toFloat64(sumIf(ledger.revenue_before, isNotNull(ledger.revenue_after))) AS revenue_before,
    toFloat64(sum(ledger.revenue_after)) AS revenue_after,
    toFloat64(sumIf(ledger.tickets_before, isNotNull(ledger.tickets_after))) AS tickets_before,
    toFloat64(sum(ledger.tickets_after)) AS tickets_after
FROM last
INNER JOIN meta.backfills AS ledger FINAL ON last.backfill_id = ledger.backfill_id
GROUP BY last.backfill_id
