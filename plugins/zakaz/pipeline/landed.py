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
    counted = [(sent, sent_bytes), (landed, None if sent_bytes is None else landed_bytes)]
    rows = [f"{rows} rows" + ("" if size is None else f" ({size} bytes)") for rows, size in counted]
    require_same(f"{table}, {key} {identifier}", *rows)


def require_same(place: str, sent: str, landed: str) -> None:
    """Require that what can be read back is what was sent.

    :param place: where both were written to.
    :param sent: the figures sent, as they are told. :param landed: the same, as they can be read back.
    :raises WarehouseUnavailable: they differ.
    """
    if landed != sent:
        raise WarehouseUnavailable(
            f"{place}: {sent} were sent and {landed} can be read back. Behind a balancer, each insert must be seen by "
            "the next read (infra/clickhouse/README.md). The staging keeps its old rows"
        )
