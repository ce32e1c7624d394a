"""Applies the schema at the start of `run` and `up`, so that a first run needs no manual step."""

from zakaz.errors import InvalidInput


def bring_up_to_date() -> None:
    """Apply the DDL.

    :raises InvalidInput: existing tables differ from it, not only by a column more; one line per difference.
    """
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.migrate import migrate

    if drifts := [drift for drift in migrate(WarehouseHook()) if not drift.is_harmless]:
        raise InvalidInput("\n".join(["tables differ from their definition (bin/zakaz migrate):", *map(str, drifts)]))
