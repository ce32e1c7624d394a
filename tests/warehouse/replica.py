"""A replica of a cluster: its own engine, in a process of its own, with a real ZooKeeper.

    python replica.py FOLDER CONFIG

Creates what `zakaz migrate` creates, and prints the error, or what differs and the replicated tables. chDB has no queue
for statements ON CLUSTER, and lets nobody write to such a table. With WITHOUT_COMMENTS in the environment no table has
any.
"""

import json
import os
import re
import sys
from typing import Any

import clickhouse_connect

from zakaz.errors import ZakazError
from zakaz.warehouse import migrate
from zakaz.warehouse.hook import WarehouseHook


def main(folder: str, config: str) -> None:
    """Be a replica."""
    opened, execute = clickhouse_connect.get_client, WarehouseHook.execute

    def with_config(**options: Any) -> Any:
        return opened(**{**options, "path": f"{folder}?config-file={config}"})

    def here(hook: WarehouseHook, sql: str, *params: Any, **options: Any) -> Any:
        sql = sql.replace(" ON CLUSTER 'main'", "")
        if "WITHOUT_COMMENTS" in os.environ and "CREATE TABLE" in sql:
            sql = re.sub(r"\s+COMMENT\s+'[^']*'", "", sql)
        return execute(hook, sql, *params, **options)

    clickhouse_connect.get_client = with_config
    WarehouseHook.execute = here  # type: ignore[method-assign]
    # These write.
    migrate.clean_up_at_once = migrate.seed_city_aliases = migrate.build_sale_cities = lambda _: None  # type: ignore[assignment]
    warehouse = WarehouseHook()
    with warehouse.session():
        sys.stdout.write(json.dumps(told(warehouse)))
        sys.stdout.flush()
        # Closing the engine, it would wait for the tables to take leave of ZooKeeper.
        os._exit(0)


def told(warehouse: WarehouseHook) -> dict[str, Any]:
    """What migrate says, and what stands after it."""
    try:
        drifts = migrate.migrate(warehouse)
    except ZakazError as error:
        return {"error": str(error)}
    replicas = warehouse.execute(
        "SELECT concat(database, '.', table), zookeeper_path, replica_name, total_replicas FROM system.replicas"
    )
    return {"drifts": [str(drift) for drift in drifts], "replicas": replicas}


if __name__ == "__main__":
    main(*sys.argv[1:])
