-- How much the sources still change a day, by its age, youngest first.
SELECT
    source,
    toUInt16(age_days) AS age,
    toUInt32(days_changed) AS days,
    toFloat64(rubles_changed) AS rubles,
    largest_drift,
    toUInt16(proposed_lookback_days) AS proposed
FROM meta.v_restatement_drift
ORDER BY source, age
LIMIT 40
