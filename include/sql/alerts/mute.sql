-- Mutes a job until an instant, which may be in the past, whatever is written of it so far.
INSERT INTO meta.mutes (job, until, reason, who, muted_at, _ver)
SELECT
    {job:String} AS muted_job,
    {until:DateTime64(6, 'UTC')} AS until,
    {reason:String} AS reason,
    {who:String} AS who,
    now64(6) AS muted_at,
    zakaz_version(max(_ver)) AS _ver
FROM meta.mutes
WHERE job = {job:String}
