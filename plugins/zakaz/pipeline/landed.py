"""What was landed is what is read back: a replica that lags, or a lost insert, must not pass for an empty source."""

from uuid import UUID

from zakaz.errors import WarehouseUnavailable
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement


def require_landed(warehouse: WarehouseHook, table: str, key: str, identifier: UUID, sent: int) -> None:
    """Compare the rows that a fetch or load sent with what can be read back, before anything is built from them.

    :param table: full name, `zakaz.raw_sales`.
    :param key: its column with the id of the fetch or load.
    :param sent: rows sent.
    :raises WarehouseUnavailable: other rows can be read than were sent; nothing may be built from them.
    """
    database, name = table.split(".")
    asked = {"database": database, "table": name, "key": key, "id": identifier}
    ((landed,),) = warehouse.execute(statement("days/landed.sql"), asked)
    require_same(f"{table}, {key} {identifier}", f"{sent} rows", f"{landed} rows")


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
