"""What was landed is what is read back: a replica that lags, or a lost insert, must not pass for an empty source."""

from uuid import UUID

from zakaz.errors import WarehouseUnavailable
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement


def require_landed(
    warehouse: WarehouseHook, table: str, key: str, identifier: UUID, sent: int, *, text: tuple[str, int] | None = None
) -> None:
    """Compare what a fetch or load sent into a table with what can be read back, before anything is built from it.

    :param table: full name, `zakaz.raw_sales`.
    :param key: its column with the id of the fetch or load.
    :param sent: rows sent.
    :param text: a column of theirs, and the bytes sent in it.
    :raises WarehouseUnavailable: other rows can be read than were sent; nothing may be built from them.
    """
    database, name = table.split(".")
    column, sent_bytes = text or (key, None)
    asked = {"database": database, "table": name, "key": key, "id": identifier, "text": column}
    ((landed, landed_bytes),) = warehouse.execute(statement("days/landed.sql"), asked)
    if landed != sent or sent_bytes not in (None, landed_bytes):
        sizes = ("", "") if sent_bytes is None else (f" ({sent_bytes} bytes)", f" ({landed_bytes} bytes)")
        raise WarehouseUnavailable(
            f"{table}: {sent} rows{sizes[0]} of {key} {identifier} were sent and {landed}{sizes[1]} can be read back. "
            "Behind a balancer, each insert must be seen by the next read (infra/clickhouse/README.md). The staging "
            "keeps its old rows"
        )
