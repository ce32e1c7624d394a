-- Closes a backfill in the ledger: what became of each day since it began, by the run registry, and the figures after.
-- The beginning is the ledger's own: that of a run of zakaz_backfill moves when one of its pieces is cleared.
-- A day is ok after a good attempt of the job, red if any task failed on it later, else as `otherwise` says: missing;
-- stopped for a backfill that was ended by hand; planned for one that is taken up again.
INSERT INTO meta.backfills (
    backfill_id,
    day,
    from_date,
    to_date,
    stage,
    reason,
    asked_by,
    version_tag,
    started_at,
    finished_at,
    state,
    err_msg,
    spend_before,
    spend_after,
    clicks_before,
    clicks_after,
    revenue_before,
    revenue_after,
    tickets_before,
    tickets_after,
    _ver
)
WITH
ledger AS (
    SELECT
        backfill_id,
        day,
        from_date,
        to_date,
        stage,
        reason,
        asked_by,
        version_tag,
        started_at,
        spend_before,
        clicks_before,
        revenue_before,
        tickets_before
    FROM meta.backfills FINAL
    WHERE backfill_id = {backfill_id:UUID}
),

good AS (
    SELECT
        day,
        last_started_at,
        last_finished_at
    FROM meta.v_good_days
    WHERE job = {job:String} AND day BETWEEN {from_date:Date} AND {to_date:Date}
),

failed AS (
    SELECT
        attempts.day AS day,
        max(attempts.started_at) AS failed_at,
        argMax(attempts.err_msg, attempts.started_at) AS last_error
    FROM meta.v_day_attempts AS attempts
    INNER JOIN ledger ON attempts.day = ledger.day
    WHERE
        attempts.status = 'error'
        AND attempts.day BETWEEN {from_date:Date} AND {to_date:Date}
        AND attempts.started_at >= ledger.started_at
    GROUP BY attempts.day
),

figures AS (
    SELECT
        day,
        spend,
        clicks,
        revenue,
        tickets
    FROM meta.v_day_figures
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
)

SELECT
    ledger.backfill_id AS backfill_id,
    ledger.day AS day,
    ledger.from_date AS from_date,
    ledger.to_date AS to_date,
    ledger.stage AS stage,
    ledger.reason AS reason,
    ledger.asked_by AS asked_by,
    ledger.version_tag AS version_tag,
    ledger.started_at AS started_at,
    if({otherwise:String} = 'planned', NULL, now64(6)) AS finished_at,
    multiIf(
        failed.failed_at > good.last_finished_at, 'red',
        good.last_started_at >= ledger.started_at, 'ok',
        {otherwise:String}
    ) AS state,
    if(state = 'red', failed.last_error, '') AS err_msg,
    ledger.spend_before AS spend_before,
    figures.spend AS spend_after,
    ledger.clicks_before AS clicks_before,
    figures.clicks AS clicks_after,
    ledger.revenue_before AS revenue_before,
    figures.revenue AS revenue_after,
    ledger.tickets_before AS tickets_before,
    figures.tickets AS tickets_after,
    {ver:UInt64} AS _ver
FROM ledger
LEFT JOIN good ON ledger.day = good.day
LEFT JOIN failed ON ledger.day = failed.day
LEFT JOIN figures ON ledger.day = figures.day
