"""Whatever a source, a terminal or an environment puts into a text, it is recorded and told."""

import json
import os
import re
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from few_examples import a_few
from made_runs import DAY, attempt
from outage import on_disk, outage
from sandbox import Sandbox
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.alerts.sweep import sweep
from zakaz.days import DayRange
from zakaz.errors import SourceRefused
from zakaz.registry import outbox
from zakaz.registry.backfills import Backfill, enter
from zakaz.registry.mutes import mute
from zakaz.registry.runs import recorded
from zakaz.warehouse.hook import WarehouseHook

ONE_DAY = DayRange(DAY, DAY)
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.same_statements,
    pytest.mark.usefixtures("no_token_kept"),
    pytest.mark.timeout(300),
]
# Halves of characters and bytes that are no UTF-8 among them, which st.text() leaves out by default.
odd = st.sampled_from("\ud83c\udcef\0\x1b\x85\u2028\r\n\t\\'\"<&{%")
texts = st.text(st.one_of(st.characters(), odd), min_size=1).filter(lambda text: not PAIR.search(text))


@a_few
@given(text=texts, is_away=st.booleans())
@example(text="Show \ud83c", is_away=False)
@example(text="\udcef\udceb", is_away=True)
@example(text="я" * 100_000 + "\ud83c", is_away=True)
def test_a_failure_is_recorded_and_told(warehouse: WarehouseHook, sandbox: Sandbox, text: str, is_away: bool) -> None:
    sandbox.reset()
    for table in ("meta.etl_runs", "meta.etl_alerts"):
        warehouse.execute(f"TRUNCATE TABLE {table}")
    failed, error = attempt(host=text, version_tag=text), SourceRefused(text)
    with outage() if is_away else nullcontext():
        with pytest.raises(SourceRefused), recorded(warehouse, failed, ONE_DAY):
            raise error
        raise_alert(warehouse, failure_alert(failed, error, ONE_DAY))
    sweep(warehouse)
    ((status, err_msg),) = warehouse.execute("SELECT status, err_msg FROM meta.etl_runs FINAL")
    ((delivery, context),) = warehouse.execute("SELECT delivery, context_json FROM meta.etl_alerts FINAL")
    (message,) = sandbox.messages()
    assert (status, delivery, on_disk()) == ("error", "sent", [])
    assert json.loads(context)["error"] == err_msg
    assert err_msg in message["plain"]


@a_few
@given(text=texts)
@example(text="я" * 100_000 + "\ud83c")
def test_a_text_is_kept_as_it_was_but_for_what_is_no_character(warehouse: WarehouseHook, text: str) -> None:
    """In rows as TSV and as JSON, in bound parameters, and on disk."""
    for table in ("meta.mutes", "meta.backfills", "meta.etl_runs"):
        warehouse.execute(f"TRUNCATE TABLE {table}")
    mute(warehouse, "all", datetime.now(UTC), text)
    enter(warehouse, Backfill(days=ONE_DAY, reason=text, asked_by=text), [DAY])
    outbox.keep(warehouse, "meta.etl_runs", {"job": "kept", "err_msg": text})
    outbox.write(warehouse, "meta.etl_runs", {"job": "written", "err_msg": text})
    found = [
        value
        for sql in ("reason FROM meta.mutes", "reason, asked_by FROM meta.backfills", "err_msg FROM meta.etl_runs")
        for row in warehouse.execute(f"SELECT {sql}")
        for value in row
    ]
    assert found == [re.sub("[\ud800-\udfff]", "\ufffd", text)] * 5
    assert on_disk() == []


def test_the_log_of_a_task_takes_an_error_with_half_a_character() -> None:
    """Airflow's own encoder would raise in its handling of the failure, before any callback."""
    program = (
        "import sys, structlog\n"
        "from airflow.sdk.log import configure_logging\n"
        "from zakaz.errors import SourceRefused\n"
        "configure_logging(json_output=True, output=sys.stdout.buffer, sending_to_supervisor=True)\n"
        "try:\n"
        "    raise SourceRefused('Show \\ud83c')\n"
        "except SourceRefused:\n"
        "    structlog.get_logger('task').exception('failed')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    assert "Show \ufffd" in ended.stdout.decode()
