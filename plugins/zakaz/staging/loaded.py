"""What a load reports to the registry."""

from typing import NamedTuple


class Loaded(NamedTuple):
    """Rows that a source gave, and rows that stand in the staging because of them."""

    rows_read: int
    rows_written: int
