"""zakaz.dim_sale_city: who brings it up to date, and that it holds what stands and nothing else."""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from made_rows import ONE_DAY, stage_sales, stage_vk
from made_runs import attempt
from zakaz.days import DayRange, last_complete_day
from zakaz.pipeline.fetch import qtickets_fetch
from zakaz.pipeline.marts import build_dm_sales, build_dm_vk
from zakaz.pipeline.sales import load_sales
from zakaz.registry.runs import RunFigures
from zakaz.sources.sales_line import SalesLine
from zakaz.warehouse.cities import build_sale_cities, seed_city_aliases
from zakaz.warehouse.hook import WarehouseHook

pytestmark = [pytest.mark.warehouse, pytest.mark.same_statements]


def kept(warehouse: WarehouseHook) -> dict[str, str]:
    return dict(warehouse.execute("SELECT spelling, city FROM zakaz.dim_sale_city FINAL"))


@pytest.mark.usefixtures("no_token_kept", "sandbox")
def test_the_cities_of_shows_and_sales_are_known_as_soon_as_they_are_loaded(warehouse: WarehouseHook) -> None:
    day = last_complete_day()
    qtickets_fetch(warehouse, DayRange(day, day), attempt("qtickets_fetch"), RunFigures())
    of_both = {city for (city,) in warehouse.execute("SELECT city FROM zakaz.stg_qtickets_sales FINAL")} | {
        city for (city,) in warehouse.execute("SELECT city FROM zakaz.dim_show FINAL")
    }
    assert len(of_both) > 5
    assert set(kept(warehouse)) == of_both
    line: dict[str, Any] = {"report_date": str(day), "event_date": str(day), "event_id": 1, "city": "Нигдейск"}
    load_sales(warehouse, [SalesLine(**line, tickets_sold=1, revenue=Decimal(1))], seller="kassir")
    assert set(kept(warehouse)) == {*of_both, "Нигдейск"}


@pytest.fixture
def aliases_as_before(warehouse: WarehouseHook) -> Iterator[None]:
    yield
    warehouse.execute("TRUNCATE TABLE zakaz.dim_city_alias")
    seed_city_aliases(warehouse)


@pytest.mark.usefixtures("aliases_as_before")
def test_a_new_alias_counts_with_the_next_build(warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {"utm_content": "нигдейск"})
    stage_sales(warehouse, {"city": "Нигдейск"})
    assert kept(warehouse) == {"Нигдейск": "Нигдейск"}
    warehouse.execute("INSERT INTO zakaz.dim_city_alias (alias, city) VALUES ('нигдейск', 'Тула')")
    for build, mart in ((build_dm_sales, "dm_sales_daily"), (build_dm_vk, "dm_vk_ads_daily")):
        build(warehouse, ONE_DAY, attempt(build.__name__), RunFigures())
        assert warehouse.execute(f"SELECT city FROM zakaz.{mart} FINAL") == [("Тула",)]
    assert kept(warehouse) == {"Нигдейск": "Тула"}


def test_only_changes_are_written_and_what_is_gone_is_gone(warehouse: WarehouseHook) -> None:
    stage_sales(warehouse, {"city": "Казань"}, {"city": "Нигдейск", "event_id": 2})
    written = warehouse.execute("SELECT * FROM zakaz.dim_sale_city ORDER BY ALL")
    build_sale_cities(warehouse)
    assert warehouse.execute("SELECT * FROM zakaz.dim_sale_city ORDER BY ALL") == written
    assert len(written) == 2
    stage_sales(warehouse, {"city": "Нигдейск", "event_id": 2, "_deleted": 1})
    assert kept(warehouse) == {"Казань": "Казань"}
    stage_sales(warehouse, {"city": "Нигдейск", "event_id": 2})
    assert kept(warehouse) == {"Казань": "Казань", "Нигдейск": "Нигдейск"}


def test_a_row_that_a_clock_ahead_has_written_does_not_stay(warehouse: WarehouseHook) -> None:
    ahead = time.time_ns() // 1000 + 10**12
    columns = ("spelling", "city", "alias", "_ver")
    warehouse.insert("zakaz.dim_sale_city", columns, [("Нигдейск", "Нигдейск", "нигдейск", ahead)])
    build_sale_cities(warehouse)
    assert kept(warehouse) == {}
