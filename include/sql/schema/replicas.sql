-- The replicated tables of each host of a cluster, with the path in Keeper by which each finds its siblings.
-- Each host has one row without a name besides, so that one without tables is there.
SELECT
    host,
    host = hostName() AS is_this,
    name,
    path
FROM
    (
        SELECT
            hostName() AS host,
            '' AS name,
            '' AS path
        FROM clusterAllReplicas({cluster:String}, system.one)
        UNION ALL
        SELECT
            hostName() AS host,
            concat(database, '.', table) AS name,
            zookeeper_path AS path
        FROM clusterAllReplicas({cluster:String}, system.replicas) -- noqa: RF01
        WHERE database IN ('zakaz', 'meta')
    ) AS hosts
