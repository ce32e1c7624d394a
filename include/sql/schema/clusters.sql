-- The clusters that the server knows, with the number of their shards.
SELECT
    cluster,
    uniqExact(shard_num) AS shards
FROM system.clusters
GROUP BY cluster
