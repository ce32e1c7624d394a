-- The latest result of each check, one row per Moscow day and check.
CREATE OR REPLACE VIEW bi.v_quality_history DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    day AS d,
    check_name,
    code,
    severity,
    subject,
    expected,
    found,
    passed = 1 AS is_passed,
    zakaz_light_emoji(multiIf(passed = 1, 'green', severity = 'warn', 'yellow', 'red')) AS emoji,
    toTimeZone(checked_at, 'Europe/Moscow') AS checked_at
FROM meta.quality_results FINAL
