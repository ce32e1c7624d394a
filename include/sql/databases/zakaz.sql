-- The data: raw replies, stagings and marts.
CREATE DATABASE IF NOT EXISTS zakaz
