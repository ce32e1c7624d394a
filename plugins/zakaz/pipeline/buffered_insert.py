"""A buffered insert into a raw table, which leaves the warehouse to other processes between writes."""

from collections.abc import Sequence

from zakaz.warehouse.engine import Row
from zakaz.warehouse.hook import WarehouseHook


class BufferedInsert:
    """Buffers rows in memory and writes them in blocks.

    :param table: full name, `zakaz.raw_vk_ads`.
    :param capacity: when to write, in rows or whatever `size` counts.
    """

    def __init__(self, warehouse: WarehouseHook, table: str, columns: Sequence[str], capacity: int) -> None:
        self._warehouse = warehouse
        self._table = table
        self._columns = columns
        self._capacity = capacity
        self._rows: list[Row] = []
        self._size = 0

    def add(self, row: Row, size: int = 1) -> None:
        """Buffer a row; write the buffer if it is full."""
        self._rows.append(row)
        self._size += size
        if self._size >= self._capacity:
            self.flush()

    def flush(self) -> None:
        """Write the buffered rows."""
        self._warehouse.insert(self._table, self._columns, self._rows)
        self._rows, self._size = [], 0
