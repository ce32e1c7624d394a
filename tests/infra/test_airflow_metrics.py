"""Airflow's own metrics and JSON logs, by the settings of docs/INSTALL.md and of .env.example alone."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from zakaz.settings import PROJECT_DIR

INSTALL = (PROJECT_DIR / "docs" / "INSTALL.md").read_text(encoding="utf-8")
(BLOCK,) = re.findall(r"^```ini\n(AIRFLOW__METRICS__.*?)^```$", INSTALL, re.MULTILINE | re.DOTALL)
SETTINGS = dict(line.split("=", 1) for line in BLOCK.splitlines())
PROGRAM = """
import logging
from airflow.logging_config import configure_logging
from airflow.sdk.observability.stats import Stats
configure_logging()
logging.getLogger("airflow").warning("Орёл is %s", "here")
Stats.incr("zakaz_tried")
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector's address, and what it was sent."""
    sent: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.path == "/v1/metrics":
                sent.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        server.shutdown()


def test_both_are_switched_on_by_a_file_of_settings(collector: tuple[str, list[bytes]], tmp_path: Path) -> None:
    url, sent = collector
    dotenv = tmp_path / ".env"
    there = {**SETTINGS, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "AIRFLOW_HOME": str(tmp_path / "home")}
    dotenv.write_text("".join(f"{name}={value}\n" for name, value in there.items()))
    given = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_", "OTEL_"))}
    # The environment of a service, but for the place of its file.
    environment = {**given, "PYTHONPATH": str(PROJECT_DIR / "plugins"), "ZAKAZ_SANDBOX": "0"}
    begin = (
        "import os, pathlib, zakaz.environment as e; "
        f"os.environ.update(e.project_environment(os.environ, pathlib.Path({str(dotenv)!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{begin}\n{PROGRAM}"], env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    assert [event["level"] for event in events if event["event"] == "Орёл is here"] == ["warning"]
    assert any(b"zakaz_tried" in metrics for metrics in sent)


def test_the_example_has_the_same_lines() -> None:
    example = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [line for line in BLOCK.splitlines() if f"#{line}" not in example] == []


def test_each_installation_hands_over_the_whole_file() -> None:
    """Compose does so by env_file (test_compose.py)."""
    hardening = (PROJECT_DIR / "infra" / "systemd" / "hardening.conf").read_text(encoding="utf-8")
    assert "\nEnvironmentFile=/etc/zakaz/zakaz.env\n" in hardening
    values = yaml.safe_load((PROJECT_DIR / "infra" / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
    assert yaml.safe_load(values["extraEnvFrom"]) == [{"secretRef": {"name": "zakaz-connections"}}]
    ours = [entry["name"] for entry in values["env"]] + re.findall(r"^Environment=(\w+)=", hardening, re.MULTILINE)
    assert not {*ours} & {*SETTINGS}, "nothing of ours wins over them"
