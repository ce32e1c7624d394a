-- One row per backfill: `running` until it is closed, then `ok`, `stopped` by hand, `red` if a day is red or missing.
-- One that was not closed within a day is `stopped` too: its process died.
CREATE OR REPLACE VIEW meta.v_backfills DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT
    backfill_id,
    any(from_date) AS first_day,
    any(to_date) AS last_day,
    any(stage) AS task,
    any(reason) AS why,
    any(asked_by) AS who,
    any(version_tag) AS version,
    min(started_at) AS began_at,
    maxOrNull(finished_at) AS ended_at,
    count() AS days,
    countIf(state = 'ok') AS days_ok,
    countIf(state IN ('red', 'missing')) AS days_red,
    countIf(
        state = 'ok'
        AND (
            spend_after != spend_before
            OR clicks_after != clicks_before
            OR revenue_after != revenue_before
            OR tickets_after != tickets_before
        )
    ) AS days_changed,
    multiIf(
        countIf(state = 'planned') > 0 AND began_at > now64(6) - INTERVAL 1 DAY, 'running',
        countIf(state IN ('planned', 'stopped')) > 0, 'stopped',
        days_ok = days, 'ok',
        'red'
    ) AS backfill_state
FROM meta.backfills FINAL
GROUP BY backfill_id
