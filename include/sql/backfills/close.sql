-- Closes a backfill in the ledger: the outcome of each day since its start, by the run registry, and the new figures.
-- The start is the ledger's own, since that of a run of zakaz_backfill changes when a piece is cleared.
-- A day is ok after a good attempt of the job, red if any task failed on it later, else `otherwise`: missing; stopped
-- if the backfill was stopped by hand; planned if it is resumed.
INSERT INTO meta.backfills
WITH
good AS (
    SELECT *
    FROM meta.v_good_days
    WHERE job = {job:String} AND day BETWEEN {from_date:Date} AND {to_date:Date}
),

failed AS (
    SELECT
        attempts.day AS day,
        max(attempts.started_at) AS failed_at,
        argMax(attempts.err_msg, attempts.started_at) AS last_error
    FROM meta.v_day_attempts AS attempts
    INNER JOIN meta.backfills AS entry FINAL ON attempts.day = entry.day
    WHERE
        entry.backfill_id = {backfill_id:UUID}
        AND attempts.status = 'error'
        AND attempts.day BETWEEN {from_date:Date} AND {to_date:Date}
        AND attempts.started_at >= entry.started_at
    GROUP BY attempts.day
),

figures AS (
    SELECT *
    FROM meta.v_day_figures
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
)

SELECT ledger.* REPLACE ( -- noqa
    if({otherwise:String} = 'planned', NULL, now64(6)) AS finished_at,
    multiIf(
        failed.failed_at > good.last_finished_at, 'red',
        good.last_started_at >= ledger.started_at, 'ok',
        {otherwise:String}
    ) AS state,
    if(failed.failed_at > good.last_finished_at, failed.last_error, '') AS err_msg,
    figures.spend AS spend_after,
    figures.clicks AS clicks_after,
    figures.revenue AS revenue_after,
    figures.tickets AS tickets_after,
    zakaz_version(ledger._ver) AS _ver
)
FROM meta.backfills AS ledger FINAL
LEFT JOIN good ON ledger.day = good.day -- noqa: ST11
LEFT JOIN failed ON ledger.day = failed.day -- noqa: ST11
LEFT JOIN figures ON ledger.day = figures.day -- noqa: ST11
WHERE ledger.backfill_id = {backfill_id:UUID}
