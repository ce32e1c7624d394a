"""What the tests of the checks share."""

from collections.abc import Iterator

import pytest

from sources.conftest import scripted as scripted
from zakaz.warehouse import hook
from zakaz.warehouse.hook import WarehouseHook

# Each test opens the engine anew, which would then compile every check anew: most of the time.
NOT_COMPILED = {"compile_expressions": 0, "compile_aggregate_expressions": 0, "compile_sort_description": 0}


@pytest.fixture
def warehouse(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> Iterator[WarehouseHook]:
    """The warehouse, open for the whole test."""
    monkeypatch.setattr(hook, "ALL_THREADS", {**hook.ALL_THREADS, **NOT_COMPILED})
    with warehouse.session():
        yield warehouse
