-- How much a source still changes a day, by the age of the day, and the look-back that this suggests.
-- It is the oldest age at which money changed by more than a thousandth of the day. Changes are only seen at ages that
-- are read: backfill a longer range now and then.
CREATE OR REPLACE VIEW meta.v_restatement_drift DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
WITH changes AS (
    SELECT
        source,
        day,
        loaded_at,
        field,
        before,
        after,
        dateDiff('day', day, toDate(loaded_at, 'Europe/Moscow')) AS age_days,
        field IN ('spend', 'revenue', 'refunds_amount') AS is_money,
        abs(toFloat64(after - before)) / greatest(toFloat64(abs(before)), 1) AS drift
    FROM meta.restatements FINAL
)

SELECT
    source,
    age_days,
    uniqExact(day) AS days_changed,
    sumIf(after - before, is_money) AS rubles_changed,
    maxIf(drift, is_money) AS largest_drift,
    avgIf(drift, is_money) AS mean_drift,
    max(maxIf(age_days, is_money AND drift > 0.001)) OVER (PARTITION BY source) AS proposed_lookback_days
FROM changes
GROUP BY source, age_days
