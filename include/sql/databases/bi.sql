-- What dashboards read.
CREATE DATABASE IF NOT EXISTS bi
