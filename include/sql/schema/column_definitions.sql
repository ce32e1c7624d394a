-- The columns of a table in their order: name, type, and all as ADD COLUMN takes it, with default and comment.
SELECT
    name,
    type,
    concat(
        name, ' ', type,
        if(default_kind = '', '', concat(' ', default_kind, ' ', default_expression)),
        if(comment = '', '', concat(' COMMENT ''', replaceAll(replaceAll(comment, '\\', '\\\\'), '''', ''''''), ''''))
    ) AS definition
FROM system.columns
WHERE database = {database:String} AND table = {table:String}
ORDER BY position
