-- The columns of a table in their order, each as ADD COLUMN takes it: name, type, default, comment.
SELECT
    name,
    concat(
        name, ' ', type,
        if(default_kind = '', '', concat(' ', default_kind, ' ', default_expression)),
        if(comment = '', '', concat(' COMMENT ''', replaceAll(replaceAll(comment, '\\', '\\\\'), '''', ''''''), ''''))
    ) AS definition
FROM system.columns
WHERE database = {database:String} AND table = {table:String}
ORDER BY position
