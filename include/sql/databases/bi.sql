-- The views for dashboards.
CREATE DATABASE IF NOT EXISTS bi
