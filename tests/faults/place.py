"""A folder in which tasks run, and what its witnesses say of them: the registries, Airflow, Telegram, the logs."""

import re
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox import BOT_TOKEN, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from zakaz.warehouse.hook import WarehouseHook

SECRETS = (BOT_TOKEN, CLIENT_SECRET, QTICKETS_TOKEN)
ON_THEIR_WAY_SECONDS = 15
# What Airflow calls so was never begun, or is no attempt by our own word.
NO_ATTEMPT = ("upstream_failed", "skipped", "removed", "scheduled", "queued")
Attempt = tuple[str, str, str, int]


class Place:
    """Where faults are done, from now on.

    :param home: AIRFLOW_HOME.
    """

    def __init__(self, home: Path, warehouse: WarehouseHook, sandbox: Sandbox) -> None:
        self.home = home
        self.warehouse = warehouse
        self.sandbox = sandbox
        self.since = datetime.now(UTC)

    def ask_airflow(self, sql: str, *values: str) -> list[tuple[Any, ...]]:
        """A look into Airflow's own database."""
        with sqlite3.connect(self.home / "airflow.db") as database:
            return database.execute(sql, values).fetchall()

    def tried(self) -> dict[Attempt, bool]:
        """The attempts that Airflow knows of (dag, run, task, try), and whether each has ended."""
        tasks = self.ask_airflow(
            "SELECT dag_id, run_id, task_id, try_number, state FROM task_instance WHERE dag_id = 'zakaz_etl' "
            f"AND coalesce(start_date, end_date) >= ? AND state NOT IN ({', '.join('?' * len(NO_ATTEMPT))})",
            f"{self.since:%Y-%m-%d %H:%M:%S.%f}",
            *NO_ATTEMPT,
        )
        return {
            (dag, run, task, number): number < tries or state != "running"
            for dag, run, task, tries, state in tasks
            for number in range(1, tries + 1)
            # Airflow counts a try when it queues a task; one that was freed before it began has no log.
            if number == tries or self._has_log(dag, run, task, number)
        }

    def _has_log(self, dag: str, run: str, task: str, number: int) -> bool:
        folder = self.home / "logs" / f"dag_id={dag}" / f"run_id={run}" / f"task_id={task}"
        return (folder / f"attempt={number}.log").exists()

    def lost(self) -> set[Attempt]:
        """The attempts that the run registry does not know, or does not know the end of."""
        rows = self.warehouse.execute(
            "SELECT dag_id, dag_run_id, job, try_number, status != 'running' FROM meta.etl_runs FINAL"
        )
        recorded = {tuple(attempt): bool(has_ended) for *attempt, has_ended in rows}
        return {
            attempt
            for attempt, has_ended in self.tried().items()
            if attempt not in recorded or (has_ended and not recorded[attempt])
        }

    def verdict(self) -> dict[str, int]:
        """What the faults did, by the word of those that saw it."""
        deadline = time.monotonic() + ON_THEIR_WAY_SECONDS
        while self.lost() and time.monotonic() < deadline:
            time.sleep(0.5)  # a task that begins just now
        heads = self.heads()
        return {
            "attempts": len(self.tried()),
            "rows lost": len(self.lost()),
            "messages doubled": len(heads) - len(set(heads)),
            "secrets found": len(self.secrets_told()),
        }

    def runs(self, job: str = "vk_fetch") -> list[tuple[str, str, int]]:
        """Status, cause and try of each attempt of a job, oldest first."""
        return self.warehouse.execute(
            "SELECT status, err_msg, try_number FROM meta.etl_runs FINAL WHERE job = {job:String} "
            "ORDER BY from_date, try_number",
            {"job": job},
        )

    def alerts(self) -> list[tuple[str, str, str]]:
        """Job, code and delivery of each alert."""
        return self.warehouse.execute("SELECT job, code, delivery FROM meta.etl_alerts FINAL ORDER BY ts")

    def heads(self, about: str = "") -> list[str]:
        """The first line of each message, or of those with these words in it."""
        heads = [message["plain"].splitlines()[0] for message in self.sandbox.messages()]
        return [head for head in heads if about in head]

    def secrets_told(self) -> list[str]:
        """Secrets in a log, a registry or a message."""
        told = "\n".join(
            [
                *(file.read_text(errors="replace") for file in self.home.rglob("*.log")),
                str(self.warehouse.execute("SELECT * FROM meta.etl_runs")),
                str(self.warehouse.execute("SELECT * FROM meta.etl_alerts")),
                str(self.sandbox.messages()),
            ]
        )
        return [secret for secret in SECRETS if secret in told] + re.findall(r"Bearer \w{8,}", told)

    def until(self, condition: Callable[[], Any], seconds: float, what: str) -> Any:
        """Wait for something to be true, and give it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.2)
        log = self.home / "output.log"
        tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
        raise AssertionError(f"{what}: not within {seconds} s\n{tail}")
