"""infra/prometheus, and the way of the metrics there: judged by promtool, with the metrics that the view really has."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from as_user import INFRA
from cli.test_metrics import fill
from made_runs import attempt, put_good_days, put_run
from zakaz.days import DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.ddl import views
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

RULES = PROJECT_DIR / "infra" / "prometheus" / "rules.yaml"
DASHBOARD = json.loads((PROJECT_DIR / "infra" / "prometheus" / "dashboard.json").read_text(encoding="utf-8"))
INSTALL = (PROJECT_DIR / "docs" / "INSTALL.md").read_text(encoding="utf-8")
AGE = 'zakaz_last_complete_day_age_seconds{task="zakaz_etl"}'
# Of node_exporter.
THEIRS = {"node_textfile_mtime_seconds"}
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool: on Debian apt-get install prometheus"
)


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def queries() -> list[str]:
    """What the panels ask."""
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def promtool(*words: object) -> None:
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def series(warehouse: WarehouseHook, free: float = 0.5) -> dict[str, float]:
    """What Prometheus reads, with that share of each disk free."""
    text = warehouse.text(statement("report/metrics.sql"), "Prometheus")
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {}
    for sample in samples:
        ((label, value),) = sample.labels.items()
        found[f'{sample.name}{{{label}="{value}"}}'] = sample.value
    sizes = {name: size for name, size in found.items() if "_disk_size_" in name}
    return found | {name.replace("_size_", "_free_"): free * size for name, size in sizes.items()}


def fired(folder: Path, read: dict[str, float], expected: Iterable[str]) -> None:
    """See what fires after four hours in which nothing changes."""
    samples = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in expected]
    asked = {"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": "4h", "exp_samples": samples}
    test = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": f"{value}+0x300"} for name, value in read.items()],
                "promql_expr_test": [asked],
            }
        ],
    }
    (folder / "test.yaml").write_text(json.dumps(test))
    promtool("test", "rules", folder / "test.yaml")


def put_good_week(warehouse: WarehouseHook, days_ago: int = 0) -> None:
    last = yesterday() - timedelta(days=days_ago)
    put_good_days(warehouse, [DayRange(last - timedelta(days=6), last)])


@needs_promtool
def test_promtool_can_read_the_rules_and_what_the_panels_ask(tmp_path: Path) -> None:
    promtool("check", "rules", RULES)
    asked = [{"record": f"asked:{number}", "expr": query} for number, query in enumerate(queries())]
    (tmp_path / "asked.yaml").write_text(json.dumps({"groups": [{"name": "asked", "rules": asked}]}))
    promtool("check", "rules", tmp_path / "asked.yaml")


def test_rules_and_panels_use_each_metric_and_no_other(warehouse: WarehouseHook) -> None:
    fill(warehouse)
    known = {name.partition("{")[0] for name in series(warehouse)}
    text = next(file for file in views() if file.stem == "v_etl_metrics").read_text(encoding="utf-8")
    assert known == set(re.findall(r"'(zakaz_\w+)', '", text)), "each has a row here"
    asked = "\n".join([*queries(), *(rule["expr"] for rule in rules())])
    assert set(re.findall(r'(?<!")\b(?:zakaz|node)_\w+', asked)) == known | THEIRS


@needs_promtool
def test_nothing_fires_while_all_is_well(warehouse: WarehouseHook, tmp_path: Path) -> None:
    put_good_week(warehouse)
    put_run(warehouse, attempt("backup"), "ok", minutes_ago=35 * 60)
    found = series(warehouse, free=0.16)
    assert found[AGE] < 24 * 3600
    fired(tmp_path, found | {AGE: 32 * 3600}, [])


@needs_promtool
def test_each_rule_fires_when_it_should(warehouse: WarehouseHook, tmp_path: Path) -> None:
    put_good_week(warehouse, days_ago=3)
    put_run(warehouse, attempt("backup"), "ok", minutes_ago=37 * 60)
    found = series(warehouse, free=0.14)
    assert found[AGE] >= 3 * 24 * 3600
    found |= {AGE: 33 * 3600, 'zakaz_open_incidents{task="zakaz_etl"}': 2}
    bad = {"ZakazDayIsLate", "ZakazIncident", "ZakazHoles", "ZakazBackupIsOld", "ZakazDiskIsFull"}
    fired(tmp_path, found, bad)
    assert {rule["alert"] for rule in rules()} == bad | {"ZakazMetricsAreGone"}


@needs_promtool
def test_what_never_was_is_told_as_well(warehouse: WarehouseHook, tmp_path: Path) -> None:
    put_run(warehouse, attempt("backup"), "error")
    fired(tmp_path, series(warehouse), ["ZakazHoles", "ZakazBackupIsOld"])


@needs_promtool
def test_metrics_that_stay_away_or_grow_old_are_told(warehouse: WarehouseHook, tmp_path: Path) -> None:
    fired(tmp_path, {}, ["ZakazMetricsAreGone"])
    put_good_week(warehouse)
    written_at = 'node_textfile_mtime_seconds{file="/var/lib/prometheus/node-exporter/zakaz.prom"}'
    fired(tmp_path, series(warehouse) | {written_at: 4 * 3600 - 600}, [])
    fired(tmp_path, series(warehouse) | {written_at: 0}, ["ZakazMetricsAreGone"])


def test_people_read_russian_and_find_what_to_do() -> None:
    runbook = (PROJECT_DIR / "docs" / "RUNBOOK_ETL.md").read_text(encoding="utf-8")
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning")
        for text in rule["annotations"].values():
            assert re.search("[а-я]{4}", text), text
            for name in re.findall("раздел «(.+?)»", text):
                assert f"\n## {name}\n" in runbook, name
    assert all(re.search("[а-я]{4}", panel["title"]) for panel in DASHBOARD["panels"])


def test_no_panel_lies_on_another_and_all_ask_the_chosen_source() -> None:
    (variable,) = DASHBOARD["templating"]["list"]
    cells: list[tuple[int, int]] = []
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"] == {"type": variable["query"], "uid": f"${{{variable['name']}}}"}
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells += [(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_clickhouse_serves_the_same_to_whoever_logs_in() -> None:
    rule = ET.parse(INFRA / "config.d" / "zakaz.xml").find("http_handlers/rule")
    assert rule is not None
    (scrape,) = scrapes()["scrape_configs"]
    assert (rule.findtext("url"), rule.findtext("methods")) == (scrape["metrics_path"], "GET")
    handler = rule.find("handler")
    assert handler is not None
    # With a user of its own, it would ask for no password.
    assert [part.tag for part in handler] == ["type", "query"]
    assert handler.findtext("type") == "predefined_query_handler"
    ours = statement("report/metrics.sql").partition("\n")[2].split()
    assert (handler.findtext("query") or "").split() == [*ours, "FORMAT", "Prometheus"]
    assert ET.parse(INFRA / "config.d" / "zakaz.xml").find("http_handlers/defaults") is not None, "/ and /ping stay"


def scrapes() -> dict[str, Any]:
    """The configuration of Prometheus in docs/INSTALL.md."""
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", INSTALL, re.MULTILINE | re.DOTALL)
    return dict(yaml.safe_load(block))


@needs_promtool
def test_prometheus_takes_the_configuration_of_the_manual(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    (tmp_path / "prometheus.yml").write_text(json.dumps(scrapes()))
    promtool("check", "config", tmp_path / "prometheus.yml")


def test_the_text_file_is_never_half_written(tmp_path: Path) -> None:
    """By the commands of the manual; a look that fails leaves the file of the one before."""
    (block,) = re.findall(r"^```sh server\ncd \S+\n(as-zakaz zakaz metrics .*?)\n```$", INSTALL, re.MULTILINE)
    command = tmp_path / "as-zakaz"
    for script, code, kept in (("echo one 1", 0, "one 1\n"), ("echo two; exit 1", 1, "one 1\n")):
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
        done = subprocess.run(["sh", "-c", block], cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
        assert done.returncode == code
        assert (tmp_path / "zakaz.prom").read_text() == kept
