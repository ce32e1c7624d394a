"""Which days the healthcheck looks at."""

from datetime import timedelta

import pytest

from made_rows import DAY
from zakaz.days import DayRange
from zakaz.errors import HealthCheckFailed
from zakaz.operators.healthcheck import HealthcheckOperator
from zakaz.registry.attempt import Attempt
from zakaz.registry.runs import RunFigures
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files

pytestmark = pytest.mark.warehouse


@pytest.mark.parametrize(
    ("run_type", "days", "vk_days", "sales_days"),
    [
        pytest.param("scheduled", 3, 2, 3, id="each as far as its mart was rebuilt"),
        pytest.param("backfill", 1, 1, 1, id="its own day"),
        pytest.param("manual", 4, 4, 4, id="a range"),
    ],
)
def test_each_group_is_checked_for_the_days_that_were_rebuilt(
    warehouse: WarehouseHook, run_type: str, days: int, vk_days: int, sales_days: int
) -> None:
    task = HealthcheckOperator(task_id="healthcheck", groups={"vk_ads": 2, "sales": 3})
    assert task.lookback_days == 3
    attempt = Attempt(
        dag_id="zakaz_etl",
        dag_run_id="run",
        run_type=run_type,
        job="healthcheck",
        map_index=-1,
        try_number=1,
        log_url="",
    )
    figures = RunFigures()
    with pytest.raises(HealthCheckFailed):
        task.work(warehouse, DayRange(DAY - timedelta(days=days - 1), DAY), attempt, figures)

    found = warehouse.execute("SELECT check_name, min(day), max(day), count() FROM meta.quality_results GROUP BY 1")
    looked_at = {"vk_ads": vk_days, "sales": sales_days}
    assert {name: tuple(rest) for name, *rest in found} == {
        file.stem: (DAY - timedelta(days=looked_at[file.parent.name] - 1), DAY, looked_at[file.parent.name])
        for file in files("checks")
    }
    assert figures.rows_read == sum(count for *_, count in found)
