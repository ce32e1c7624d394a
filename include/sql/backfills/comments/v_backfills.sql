-- The comments of meta.v_backfills and its columns.
ALTER TABLE meta.v_backfills
COMMENT COLUMN backfill_id 'one backfill',
COMMENT COLUMN first_day 'first Moscow day asked for',
COMMENT COLUMN last_day 'last Moscow day asked for',
COMMENT COLUMN task 'all, or the one task that was asked for',
COMMENT COLUMN why 'the reason, as it was typed',
COMMENT COLUMN who 'who asked for it',
COMMENT COLUMN version 'version of the code (VERSION_TAG)',
COMMENT COLUMN began_at 'UTC instant when it began',
COMMENT COLUMN ended_at 'UTC instant of the end of its last day so far; NULL: none has ended',
COMMENT COLUMN days 'days planned',
COMMENT COLUMN days_ok 'days done',
COMMENT COLUMN days_red 'days red or missing',
COMMENT COLUMN days_changed 'days done whose spend, clicks, revenue or tickets changed',
COMMENT COLUMN backfill_state 'running, ok, stopped (by hand, or its process died), red (a day is red or missing)',
MODIFY COMMENT 'Backfills, one row each'
