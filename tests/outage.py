"""The warehouse under test is away, and what this machine keeps for it meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from zakaz.errors import WarehouseUnavailable
from zakaz.settings import state_dir
from zakaz.warehouse.hook import WarehouseHook


@contextmanager
def outage() -> Iterator[None]:
    """No hook of this process reaches its warehouse."""

    def away(_: object) -> NoReturn:
        raise WarehouseUnavailable("ClickHouse is away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WarehouseHook, "get_conn", away)
        # The tests' own is open: its statements would be tried again, where a new one can't even be opened.
        patch.setattr(WarehouseHook, "session", away)
        yield


def on_disk(suffix: str = "") -> list[Path]:
    """The files of the outbox, whichever warehouse they are for, in their order."""
    found = (state_dir() / "spool").rglob(f"*{suffix}")
    return sorted((file for file in found if file.is_file()), key=lambda file: file.name)
