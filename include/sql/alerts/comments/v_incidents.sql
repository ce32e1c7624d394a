-- The comments of meta.v_incidents and its columns.
ALTER TABLE meta.v_incidents
COMMENT COLUMN job 'task id, or what else it is about',
COMMENT COLUMN code 'code of the alerts',
COMMENT COLUMN recovered_at 'UTC instant of the recovery; NULL: open',
COMMENT COLUMN opened_at 'UTC instant of the first alert',
COMMENT COLUMN last_at 'UTC instant of the last alert',
COMMENT COLUMN times 'alerts, the first one included',
COMMENT COLUMN last_sent_at 'UTC instant of the last alert that was sent, by either channel; 1970-01-01: none was',
COMMENT COLUMN times_told 'alerts that were sent, or told in a sum',
COMMENT COLUMN is_quiet '1: all were muted, or there was no connection to send them by',
COMMENT COLUMN from_date 'first Moscow day that has to become good',
COMMENT COLUMN to_date 'last Moscow day that has to become good',
COMMENT COLUMN last_error 'error of the last alert',
COMMENT COLUMN incident_id 'alert_id of the first alert',
MODIFY COMMENT 'Incidents: the critical alerts of a job and code, up to the RECOVERED that closes them'
