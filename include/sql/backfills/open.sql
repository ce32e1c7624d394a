-- Enters a backfill into the ledger: its days as planned, with their current figures.
-- The days are one comma-separated text. A run of zakaz_backfill that is cleared enters them once more.
INSERT INTO meta.backfills
(
    backfill_id, day, from_date, to_date, stage, reason, asked_by, version_tag, started_at, state,
    spend_before, clicks_before, revenue_before, tickets_before, _ver
)
WITH figures AS (
    SELECT *
    FROM meta.v_day_figures
    WHERE day BETWEEN {from_date:Date} AND {to_date:Date}
)

SELECT
    {backfill_id:UUID} AS backfill_id,
    planned.day AS day,
    {from_date:Date} AS from_date,
    {to_date:Date} AS to_date,
    {stage:String} AS stage,
    {reason:String} AS reason,
    {asked_by:String} AS asked_by,
    {version_tag:String} AS version_tag,
    {started_at:DateTime64(6, 'UTC')} AS started_at,
    'planned' AS state,
    figures.spend AS spend_before,
    figures.clicks AS clicks_before,
    figures.revenue AS revenue_before,
    figures.tickets AS tickets_before,
    zakaz_version(
        (
            SELECT max(entered._ver) FROM meta.backfills AS entered
            WHERE entered.backfill_id = {backfill_id:UUID}
        )
    ) AS _ver
FROM (SELECT toDate(arrayJoin(splitByChar(',', {days:String}))) AS day) AS planned
LEFT JOIN figures ON planned.day = figures.day
