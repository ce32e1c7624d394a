"""The schema, at the head of `run` and `up`, so that a first run needs no step by hand."""

from zakaz.errors import InvalidInput


def bring_up_to_date() -> None:
    """Apply the DDL.

    :raises InvalidInput: tables that stand differ from it; each difference is one line.
    """
    from zakaz.warehouse.hook import WarehouseHook
    from zakaz.warehouse.migrate import migrate

    if drifts := migrate(WarehouseHook()):
        raise InvalidInput("\n".join(["tables differ from their definition (bin/zakaz migrate):", *map(str, drifts)]))
