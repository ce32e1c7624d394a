-- The pipeline's own records: attempts, alerts, checks, backfills.
CREATE DATABASE IF NOT EXISTS meta
