"""bi.v_etl_metrics, and what `bin/zakaz metrics` makes of it: each number is the one that the other views have."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cli.conftest import Zakaz
from made_runs import attempt, put_good_days, put_run
from zakaz.days import MOSCOW, DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.stages import STAGES
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse
Metrics = dict[tuple[str, str], float]


def read(text: str) -> Metrics:
    """Each number by its metric and the value of its only label."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def of(metrics: Metrics, name: str) -> dict[str, float]:
    """A metric's numbers by their label."""
    return {label: value for (metric, label), value in metrics.items() if metric == f"zakaz_{name}"}


def fill(warehouse: WarehouseHook) -> None:
    """Days, holes, attempts, an incident, a backup and a restatement: every metric has a row."""
    put_good_days(warehouse, [DayRange(yesterday() - timedelta(days=5), yesterday() - timedelta(days=3))])
    put_run(warehouse, attempt("vk_fetch", yesterday()), "ok", day=yesterday())
    row = {"job": "vk_fetch", "status": "ok", "rows_written": 70, "run_id": uuid4(), "_ver": 1}
    began = datetime.now(UTC) - timedelta(hours=3)
    for changes in (
        {"started_at": began, "finished_at": began + timedelta(seconds=9)},
        {"started_at": began + timedelta(hours=4), "finished_at": began + timedelta(hours=4, seconds=2.5)},
        {"started_at": began + timedelta(hours=5), "status": "error", "rows_written": 1, "finished_at": began},
        {"started_at": began + timedelta(hours=6), "status": "running", "rows_written": 0, "finished_at": None},
        {"job": "backup", "rows_written": 0, "started_at": began, "finished_at": began + timedelta(hours=1)},
        {"job": "backup", "status": "error", "started_at": began, "finished_at": datetime.now(UTC)},
    ):
        made = {**row, "run_id": uuid4(), **changes}
        warehouse.insert("meta.etl_runs", list(made), [list(made.values())])
    alert = {"job": "vk_fetch", "code": "RUN_FAILED", "severity": "critical", "delivery": "sent", "_ver": 1}
    alert |= {"ts": datetime.now(UTC), "alert_id": uuid4(), "from_date": yesterday(), "to_date": yesterday()}
    warehouse.insert("meta.etl_alerts", list(alert), [list(alert.values())])
    changed = ("day", "loaded_at", "source", "field", "before", "after")
    loaded = datetime.combine(yesterday(), datetime.min.time(), MOSCOW) + timedelta(hours=12)
    for age, after in {40: 90, 10: 130}.items():
        day = yesterday() - timedelta(days=age)
        warehouse.insert("meta.restatements", changed, [(day, loaded, "vk_ads", "spend", Decimal(100), Decimal(after))])


def test_each_metric_is_what_the_views_say(warehouse: WarehouseHook, zakaz: Zakaz) -> None:
    fill(warehouse)
    code, out, err = zakaz("metrics")
    assert (code, err) == (0, "")
    metrics = read(out)
    whole = "zakaz_etl"
    last_good = datetime.combine(yesterday() - timedelta(days=3), datetime.min.time(), MOSCOW)
    assert of(metrics, "last_complete_day_timestamp_seconds")[whole] == last_good.timestamp()
    age = (datetime.now(UTC) - last_good - timedelta(days=1)).total_seconds()
    assert age - 3600 <= of(metrics, "last_complete_day_age_seconds")[whole] <= age + 3600
    ((due,),) = warehouse.execute("SELECT missing_days FROM bi.v_etl_status WHERE job = 'zakaz_etl'")
    assert of(metrics, "holes")[whole] == due in (2, 3)
    assert of(metrics, "holes").keys() == of(metrics, "open_incidents").keys() == {whole, *STAGES}
    assert {task: number for task, number in of(metrics, "open_incidents").items() if number} == {
        whole: 1,
        "vk_fetch": 1,
    }
    # Of the good attempt that began last, whichever was written last.
    assert (of(metrics, "last_good_rows")["vk_fetch"], of(metrics, "last_good_seconds")["vk_fetch"]) == (70, 2.5)
    failed = of(metrics, "failed_attempts_total")
    assert (failed["vk_fetch"], failed["backup"], failed["healthcheck"]) == (1, 1, 0)
    assert of(metrics, "backup_age_seconds") == {"backup": pytest.approx(2 * 3600, abs=120)}
    assert of(metrics, "restated_rubles") == {"vk_ads": 20}
    assert of(metrics, "proposed_lookback_seconds") == {"vk_ads": 40 * 86400}
    size, free = of(metrics, "disk_size_bytes"), of(metrics, "disk_free_bytes")
    assert size.keys() == free.keys() >= {"default"}
    assert all(0 < free[disk] <= size[disk] for disk in size)


def test_what_is_not_known_has_no_metric(warehouse: WarehouseHook, zakaz: Zakaz) -> None:
    put_run(warehouse, attempt("backup"), "error")
    metrics = read(zakaz("metrics")[1])
    assert of(metrics, "failed_attempts_total") == {"backup": 1}
    for name in ("backup_age_seconds", "last_good_rows", "last_good_seconds", "last_complete_day_age_seconds"):
        assert of(metrics, name) == {}, name
    assert set(of(metrics, "open_incidents").values()) == {0}


def test_prometheus_takes_them_as_they_are(warehouse: WarehouseHook, zakaz: Zakaz) -> None:
    fill(warehouse)
    out = zakaz("metrics")[1]
    families = list(text_string_to_metric_families(out))
    names = [family.name for family in families]
    assert names == sorted(set(names)), "one group for each metric"
    for family in families:
        assert re.search("[а-я]", family.documentation), family.name
        assert family.type == ("counter" if f"{family.name}_total{{" in out else "gauge")
        # Prometheus has labels of these names itself, and would rename ours.
        assert not {"job", "instance"} & {label for sample in family.samples for label in sample.labels}
        assert len({tuple(sample.labels.items()) for sample in family.samples}) == len(family.samples)


def test_without_a_warehouse_there_is_no_text(zakaz: Zakaz, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a text file had before stays: how old it is, node_exporter tells."""
    nowhere = {"conn_type": "clickhouse", "host": "127.0.0.1", "port": 9, "password": "pass-word"}
    monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_DEFAULT", json.dumps(nowhere))
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    code, out, err = zakaz("metrics")
    assert (code, out) == (1, "")
    assert err.startswith("zakaz: ClickHouse at 127.0.0.1 can't be reached")
    assert "pass-word" not in err
