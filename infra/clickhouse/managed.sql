-- users.d/zakaz.xml for a server whose files are not yours (a managed one). As its administrator, once:
-- clickhouse-client --host … --secure --user admin --ask-password --queries-file managed.sql \
--     --param_etl_writer_password=… --param_bi_reader_password=…
CREATE ROLE IF NOT EXISTS etl_writer;
CREATE ROLE IF NOT EXISTS etl_schema;
CREATE ROLE IF NOT EXISTS bi_reader;

GRANT SELECT, INSERT, BACKUP ON zakaz.* TO etl_writer;
GRANT SELECT, INSERT, BACKUP ON meta.* TO etl_writer;
GRANT SELECT ON bi.* TO etl_writer;
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, SELECT, INSERT, DROP DATABASE, DROP TABLE, DROP VIEW ON restored_*.* TO etl_writer;
GRANT READ, WRITE ON DISK TO etl_writer;
GRANT SELECT ON system.backups TO etl_writer;
GRANT SELECT ON system.disks TO etl_writer;
GRANT SELECT ON system.time_zones TO etl_writer;
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, ALTER ADD COLUMN ON zakaz.* TO etl_schema;
GRANT ALTER TTL ON zakaz.raw_* TO etl_schema;
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, ALTER ADD COLUMN ON meta.* TO etl_schema;
GRANT CREATE DATABASE, CREATE VIEW ON bi.* TO etl_schema;
GRANT ALTER COMMENT COLUMN, ALTER MODIFY COMMENT ON zakaz.* TO etl_schema;
GRANT ALTER COMMENT COLUMN, ALTER MODIFY COMMENT ON meta.* TO etl_schema;
GRANT ALTER COMMENT COLUMN, ALTER MODIFY COMMENT ON bi.* TO etl_schema;
GRANT ALTER ORDER BY, ALTER MODIFY COLUMN(source) ON zakaz.stg_qtickets_sales TO etl_schema;
GRANT ALTER ORDER BY, ALTER MODIFY COLUMN(source) ON zakaz.dm_sales_daily TO etl_schema;
GRANT DROP VIEW ON meta.* TO etl_schema;
GRANT DROP VIEW ON bi.* TO etl_schema;
GRANT CREATE DATABASE, CREATE TABLE, SHOW, DROP DATABASE, DROP TABLE ON zakaz_expected_*.* TO etl_schema;
GRANT CREATE FUNCTION, DROP FUNCTION ON *.* TO etl_schema;
GRANT SELECT ON bi.* TO bi_reader;
GRANT SELECT ON meta.v_* TO bi_reader;

CREATE SETTINGS PROFILE IF NOT EXISTS etl_writer SETTINGS
    deduplicate_insert = 'disable',
    deduplicate_insert_select = 'disable',
    max_memory_usage = 4000000000 MIN 1 MAX 4000000000;
CREATE SETTINGS PROFILE IF NOT EXISTS bi_reader SETTINGS
    readonly = 2,
    final = 1,
    max_execution_time = 60 MIN 1 MAX 60,
    max_memory_usage = 2000000000 MIN 1 MAX 2000000000,
    max_memory_usage_for_user = 4000000000 READONLY,
    max_concurrent_queries_for_user = 20 READONLY,
    max_result_rows = 1000000 MIN 1 MAX 1000000;

CREATE USER IF NOT EXISTS etl_writer IDENTIFIED WITH sha256_password BY {etl_writer_password:String}
    SETTINGS PROFILE etl_writer;
CREATE USER IF NOT EXISTS bi_reader IDENTIFIED WITH sha256_password BY {bi_reader_password:String}
    SETTINGS PROFILE bi_reader;
GRANT etl_writer, etl_schema TO etl_writer;
GRANT bi_reader TO bi_reader;
