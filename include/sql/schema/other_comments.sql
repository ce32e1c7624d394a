-- What gives the tables of the warehouse the comments of their twins in a scratch database, where they differ.
-- Comments are not replicated. A cluster hands a statement to each of its hosts if it has comments of columns only, or
-- that of a table only: otherwise to one.
SELECT
    concat(
        'ALTER TABLE ', database, '.', table, ' ',
        arrayStringConcat(
            groupArray(
                concat(clause, ' ''', replaceAll(replaceAll(expected, '\\', '\\\\'), '''', ''''''), '''')
            ),
            ', '
        )
    ) AS statement
FROM (
    SELECT
        own.database AS database,
        own.table AS table,
        concat('COMMENT COLUMN ', own.name) AS clause,
        twin.comment AS expected
    FROM system.columns AS own
    INNER JOIN system.columns AS twin ON own.table = twin.table AND own.name = twin.name
    WHERE own.database IN ('zakaz', 'meta') AND twin.database = {scratch:String} AND own.comment != twin.comment

    UNION ALL

    SELECT
        own.database AS database,
        own.name AS table,
        'MODIFY COMMENT' AS clause,
        twin.comment AS expected
    FROM system.tables AS own
    INNER JOIN system.tables AS twin ON own.name = twin.name
    WHERE own.database IN ('zakaz', 'meta') AND twin.database = {scratch:String} AND own.comment != twin.comment
) AS others
GROUP BY database, table, clause = 'MODIFY COMMENT'
ORDER BY statement
