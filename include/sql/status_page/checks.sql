-- The results of the checks on the last Moscow day checked, failures first.
SELECT
    toString(d) AS day,
    check_name,
    code,
    severity,
    expected,
    found,
    is_passed,
    formatDateTime(checked_at, '%d.%m %H:%i') AS checked
FROM bi.v_quality_history
WHERE d = (SELECT max(day) FROM meta.quality_results)
ORDER BY is_passed, severity, check_name
