"""What can be configured, with defaults. Secrets are not here: they are in Airflow's connections."""

import getpass
import hashlib
import os
import re
import socket
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zakaz import __version__, environment
from zakaz.errors import WrongSetting
from zakaz.texts import utf8

# The predecessor's limit for a task.
TASK_LIMIT = timedelta(minutes=15)
# That of a backup, whose time grows with the warehouse; also TimeoutStartSec of zakaz-backup.service.
BACKUP_LIMIT = timedelta(hours=2)
# How long after each transient failure a scheduled task is retried.
RETRY_DELAYS = (timedelta(minutes=5), timedelta(minutes=15))
PROJECT_DIR = environment.PROJECT_DIR
INCLUDE_DIR = PROJECT_DIR / "include"
Count = Annotated[int, Field(gt=0, le=1_000_000)]
Seconds = Annotated[float, Field(gt=0, le=1_000_000)]
# More would break VK's own limits, the tasks' 15 minutes, or ClickHouse's dates.
DaysOfAYear = Annotated[int, Field(gt=0, le=366)]
DaysOfACentury = Annotated[int, Field(gt=0, le=36_500)]
# Settings that no message may show.
SECRETS = ("ping_url", "fallback_url")
# Of a URL: other signs in them make clients break, with parts of the password in what they say.
USER, HOST = r"([^/?#@\s\\\[\]]+@)", r"(\[[0-9a-fA-F:.]+\]|[^/?#@:\s\\\[\]]+)"


class Settings(BaseModel):
    """Everything that may be changed; each field is read from the environment variable of its name in capitals.

    :param lookback_days: Moscow days that a scheduled run reads anew, its own included.
    :param sales_lookback_days: the same for ticket sales.
    :param refund_days: how many days after its sale a refund of a ticket counts at most, on its own day; the same
        however that day is run.
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
    :param ping_url: requested (GET) after each good day, for an external monitor such as healthchecks.io; as good as a
        password, so it is masked everywhere.
    :param fallback_url: where critical alerts go that Telegram did not take, such as by e-mail: a URL of Apprise,
        masked as well; airflow://NAME for the password of a connection.
    :param fallback_stale: STALE goes there at once, beside Telegram.
    :param backup_keep: nightly backups that are kept. 0: this installation makes none by itself, and nobody is alarmed
        about that.
    :param dump_dir: where the nightly dumps of Airflow's PostgreSQL go; none are made if it is empty, or BACKUP_KEEP 0.
    :param disk_free_percent: less free space than that on a disk of the warehouse is told of; 0: nobody is told.
    :param runbook_url: where the on-call runbook is read; its sections are named like the codes of the alerts.
    :param clickhouse_cluster: the cluster whose replicas all get the schema, with replicated engines.
    """

    model_config = ConfigDict(frozen=True)

    lookback_days: DaysOfAYear = 7
    sales_lookback_days: DaysOfAYear = 30
    refund_days: DaysOfAYear = 180
    catchup_days: Count = 7
    max_active_runs: Annotated[int, Field(gt=0, le=32)] = 4
    raw_days: DaysOfACentury = 400
    vk_page_limit: Count = 50
    vk_batch_ids: Annotated[int, Field(gt=0, le=200)] = 200
    vk_window_days: Count = 30
    vk_parallel_calls: Annotated[int, Field(gt=0, le=16)] = 8
    http_timeout_seconds: Seconds = 60.0
    http_attempts: Count = 6
    http_pause_seconds: Seconds = 2.0
    query_timeout_seconds: Annotated[int, Field(gt=0, le=840)] = 600
    warehouse_wait_seconds: Seconds = 300.0
    ping_url: str = Field(
        default="",
        pattern=f"^($|https?://{USER}?{HOST}(:[0-9]{{1,5}})?([/?]\\S*)?$)",
        description="begin with https:// or http:// and name a host; before its @, write %23 %2F %3F for # / ?",
    )
    fallback_url: str = Field(
        default="",
        pattern="^($|[a-z0-9+-]+://\\S+$)",
        description="be a URL of Apprise, such as mailtos://user:password@yandex.ru?to=duty@example.com",
    )
    fallback_stale: int = Field(default=0, ge=0, le=1, description="be 0 or 1 (default 0)")
    backup_keep: int = Field(default=0, ge=0, le=1000, description="be 0 or a whole number, at most 1000 (default 0)")
    dump_dir: str = Field(default="", pattern="^($|/)", description="be an absolute path")
    disk_free_percent: int = Field(
        default=15, ge=0, le=100, description="be 0 or a whole number, at most 100 (default 15)"
    )
    runbook_url: str = "docs/RUNBOOK_ETL.md"
    # It becomes part of statements.
    clickhouse_cluster: str = Field(
        default="", pattern="^[A-Za-z0-9_.-]*$", description="have letters, digits, _, - and . only"
    )

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the settings.

        :raises WrongSetting: a variable has a value that is not allowed.
        """
        given = _given()
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise WrongSetting(_complaint(str(error.errors()[0]["loc"][0]), given)) from None


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings.from_environment()


def usable_settings() -> Settings:
    """The settings for raising alerts, also one about a wrong setting: the default for each that can't be read.

    Texts stay as they are: a malformed PING_URL is a secret all the same.
    """
    given = _given()
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        wrong = {name: given.pop(name) for name in {str(one["loc"][0]) for one in error.errors()}}
        texts = {name: text for name, text in wrong.items() if Settings.model_fields[name].annotation is str}
        return Settings.model_validate(given).model_copy(update=texts)


def _given() -> dict[str, str]:
    """The fields that the environment sets, each with its text."""
    texts = {name: os.environ.get(name.upper(), "").strip() for name in Settings.model_fields}
    return {name: text for name, text in texts.items() if text}


def _complaint(name: str, given: dict[str, str]) -> str:
    """The name, the value unless it is a secret, what is allowed and the default."""
    field = Settings.model_json_schema()["properties"][name]
    value = "" if name in SECRETS else f"={given[name]!r}"
    if not (allowed := field.get("description")):
        kind = {"integer": "a whole number", "number": "a number"}[field["type"]]
        allowed = f"be {kind} above 0, at most {field['maximum']} (default {field['default']})"
    return f"{name.upper()}{value} is not allowed: it must {allowed}"


def state_dir() -> Path:
    """Where this machine keeps what must outlive a process: the outbox, the sandbox's state."""
    return environment.state_dir(os.environ)


def file_name(address: str) -> str:
    """A file name that is readable, and another one for each address."""
    readable = re.sub(r"[^\w.]+", "-", address)[-60:].strip("-.")
    return f"{readable}-{hashlib.sha256(utf8(address)).hexdigest()[:8]}"


def is_sandbox() -> bool:
    """Whether this process works with the sandbox; bin/zakaz and bin/airflow have decided that."""
    return os.environ.get("ZAKAZ_SANDBOX") == "1"


def this_user() -> str:
    """Who runs this command, to record with it."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def version_tag() -> str:
    """Which code runs, for the registry: `VERSION_TAG` of the deployment, or the package's version."""
    return os.environ.get("VERSION_TAG") or __version__
