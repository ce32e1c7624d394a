"""A cluster: replicas of one shard, each with the same tables."""

from collections import defaultdict

from zakaz.errors import InvalidInput
from zakaz.settings import settings
from zakaz.warehouse.ddl import name_of
from zakaz.warehouse.drift import Drift
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files, statement

NO_TABLE = "no such table"


def require_one_shard(warehouse: WarehouseHook) -> None:
    """Refuse a cluster on which the tables would be divided.

    :raises InvalidInput: CLICKHOUSE_CLUSTER has several shards, or the server does not know it.
    """
    if not (cluster := settings().clickhouse_cluster):
        return
    shards = dict(warehouse.execute(statement("schema/clusters.sql")))
    if cluster not in shards:
        known = ", ".join(sorted(shards)) or "none"
        raise InvalidInput(f"CLICKHOUSE_CLUSTER={cluster}: the server knows no such cluster; it knows: {known}")
    if shards[cluster] > 1:
        raise InvalidInput(
            f"CLICKHOUSE_CLUSTER={cluster}: expected one shard with any number of replicas, "
            f"found {shards[cluster]} shards"
        )


def find_unreplicated(warehouse: WarehouseHook) -> list[Drift]:
    """Where a table of one host of the cluster is not a replica of the same table of this host."""
    if not (cluster := settings().clickhouse_cluster):
        return []
    this, paths = "", defaultdict[str, dict[str, str]](dict)
    for host, is_this, table, path in warehouse.execute(statement("schema/replicas.sql"), {"cluster": cluster}):
        this = host if is_this else this
        paths[host][table] = path
    return [
        Drift(table, f"(replica on {host})", expected, found)
        for table in map(name_of, files("*/tables"))
        for host, tables in paths.items()
        if (found := tables.get(table, NO_TABLE)) != (expected := paths[this].get(table, "a replica"))
    ]
