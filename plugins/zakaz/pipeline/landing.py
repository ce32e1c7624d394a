"""Rows on their way into a landing table: a few at a time, and the warehouse is free in between."""

from collections.abc import Sequence

from zakaz.warehouse.engine import Row
from zakaz.warehouse.hook import WarehouseHook


class Landing:
    """Keeps rows until there are enough of them, or until somebody wants to read them.

    :param table: full name, `zakaz.raw_vk_ads`.
    :param at_once: what is held in memory and written together: rows, or whatever `size` counts.
    """

    def __init__(self, warehouse: WarehouseHook, table: str, columns: Sequence[str], at_once: int) -> None:
        self._warehouse = warehouse
        self._table = table
        self._columns = columns
        self._at_once = at_once
        self._rows: list[Row] = []
        self._size = 0

    def add(self, row: Row, size: int = 1) -> None:
        """Take a row; when there are enough, write them.

        :raises WarehouseRefused: ClickHouse refused them. :raises WarehouseUnavailable: it can't be reached.
        """
        self._rows.append(row)
        self._size += size
        if self._size >= self._at_once:
            self.write()

    def write(self) -> None:
        """Write what is kept.

        :raises WarehouseRefused: ClickHouse refused it. :raises WarehouseUnavailable: it can't be reached.
        """
        self._warehouse.insert(self._table, self._columns, self._rows)
        self._rows, self._size = [], 0
