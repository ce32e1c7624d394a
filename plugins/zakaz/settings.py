"""What can be set from outside, with defaults. Secrets are not here: they live in Airflow's connections."""

import contextlib
import getpass
import os
import re
import socket
from dataclasses import Field, dataclass, fields
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from zakaz import __version__, environment
from zakaz.errors import WrongSetting

# The predecessor's limit for a task.
TASK_LIMIT = timedelta(minutes=15)
# How long after each failure that may heal a scheduled task is tried again.
RETRY_DELAYS = (timedelta(minutes=5), timedelta(minutes=15))
PROJECT_DIR = environment.PROJECT_DIR
INCLUDE_DIR = PROJECT_DIR / "include"
# It becomes part of statements.
CLUSTER_NAME = re.compile(r"[A-Za-z0-9_.-]*")
# What more would break: VK's own limit, the tasks' 15 minutes, ClickHouse's dates.
HIGHEST = {
    "vk_batch_ids": 200,
    "vk_parallel_calls": 16,
    "query_timeout_seconds": 840,
    "raw_days": 36500,
    "lookback_days": 366,
    "sales_lookback_days": 366,
    "max_active_runs": 32,
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every number that may be changed; each field is read from the environment variable of its name in capitals.

    :param lookback_days: Moscow days that a scheduled run reads anew, its own included.
    :param sales_lookback_days: the same for ticket sales, whose refunds come late; and how many days after its sale a
        refund is still looked for.
    :param catchup_days: missed days that the scheduler makes up at most.
    :param max_active_runs: runs of `zakaz_etl` under way at once, a backfill's days among them.
    :param raw_days: days that the replies of the sources are kept.
    :param vk_page_limit: items per page of a VK Ads list.
    :param vk_batch_ids: ads per statistics call (VK's limit is 200).
    :param vk_window_days: days per statistics call.
    :param vk_parallel_calls: calls of VK Ads under way at once, as far as its rate limits allow.
    :param http_timeout_seconds: wait for one answer of a source.
    :param http_attempts: tries of one request, the first included.
    :param http_pause_seconds: pause before the second try; it doubles with each further one, up to a minute.
    :param query_timeout_seconds: longest run of one statement in ClickHouse; below the tasks' 15 minutes.
    :param warehouse_wait_seconds: wait for the embedded warehouse while another process has it.
    :param ping_url: asked for (GET) after each good day, for a watchman outside (healthchecks.io and the like); it is
        as good as a password, so it is masked everywhere.
    :param runbook_url: where the on-call runbook is read; its sections are named like the codes of the alerts.
    :param clickhouse_cluster: the cluster whose replicas all get the schema, with replicated engines.
    """

    lookback_days: int = 7
    sales_lookback_days: int = 30
    catchup_days: int = 7
    max_active_runs: int = 4
    raw_days: int = 400
    vk_page_limit: int = 50
    vk_batch_ids: int = 200
    vk_window_days: int = 30
    vk_parallel_calls: int = 8
    http_timeout_seconds: float = 60.0
    http_attempts: int = 6
    http_pause_seconds: float = 2.0
    query_timeout_seconds: int = 600
    warehouse_wait_seconds: float = 300.0
    ping_url: str = ""
    runbook_url: str = "docs/RUNBOOK_ETL.md"
    clickhouse_cluster: str = ""

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings.

        :raises WrongSetting: a variable isn't a number above zero, or not a URL where one is needed.
        """
        values = {field.name: _read(field, text) for field, text in _given()}
        if values.get("ping_url") and not re.match(r"https?://[^/?#]+", values["ping_url"]):
            raise WrongSetting("PING_URL is not allowed: it must begin with https:// or http:// and name a host")
        if not CLUSTER_NAME.fullmatch(cluster := values.get("clickhouse_cluster", "")):
            raise WrongSetting(f"CLICKHOUSE_CLUSTER={cluster!r} is not allowed: letters, digits, _, - and . only")
        return cls(**values)


def _given() -> list[tuple[Field[Any], str]]:
    """The fields that the environment sets, each with its text."""
    texts = [(field, os.environ.get(field.name.upper(), "").strip()) for field in fields(Settings)]
    return [(field, text) for field, text in texts if text]


def _read(field: Field[Any], text: str) -> Any:
    if isinstance(field.default, str):
        return text
    kind = int if isinstance(field.default, int) else float
    try:
        value = kind(text)
    except ValueError:
        value = 0
    highest = HIGHEST.get(field.name, 1_000_000)
    if not 0 < value <= highest:
        what = "a whole number" if kind is int else "a number"
        raise WrongSetting(
            f"{field.name.upper()}={text!r} is not allowed: it must be {what} above 0, at most {highest} "
            f"(default {field.default})"
        )
    return value


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings.from_environment()


def usable_settings() -> Settings:
    """The settings for whoever tells of trouble, a wrong setting among it: the default for each that can't be read.

    Texts stay as they are: what is wrong with PING_URL makes it no less a secret.
    """
    values: dict[str, Any] = {}
    for field, text in _given():
        with contextlib.suppress(WrongSetting):
            values[field.name] = _read(field, text)
    return Settings(**values)


def state_dir() -> Path:
    """Where this machine keeps what must outlive a process: undelivered rows, the sandbox's state."""
    return environment.state_dir(os.environ)


def this_user() -> str:
    """Who works here, for what people ask for by hand."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def version_tag() -> str:
    """What code ran, for the registry: `VERSION_TAG` of the deployment, or the package's version."""
    return os.environ.get("VERSION_TAG") or __version__
