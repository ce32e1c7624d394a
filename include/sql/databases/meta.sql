-- What the pipeline knows of itself: attempts, alerts, checks, backfills.
CREATE DATABASE IF NOT EXISTS meta
