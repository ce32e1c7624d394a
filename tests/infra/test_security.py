"""No secret in the repository or in a text that leaves, and nothing that others typed or sent becomes a statement."""

import json
import math
import re
import subprocess
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import our_dags
from made_rows import DAY, stage_sales, stage_vk
from made_runs import attempt, task_instance
from sandbox import BOT_TOKEN, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from zakaz.alerts.failure import failure_alert
from zakaz.days import DayRange
from zakaz.errors import InvalidInput
from zakaz.orchestration.backfill_operators import PlanBackfillOperator
from zakaz.secrets import masked, masked_line
from zakaz.settings import PROJECT_DIR, settings
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files

KNOWN_FORMS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"\b\d{8,10}:[A-Za-z0-9_-]{35}\b",  # Telegram
    r"\bgh[pousr]_[A-Za-z0-9]{36}\b",  # GitHub
    r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.",  # JSON web tokens
    r"\bAKIA[0-9A-Z]{16}\b",  # AWS, and whoever speaks its protocol
    r"\b(?:vk1\.a\.|y0_|t1\.)[A-Za-z0-9_-]{20,}",  # VK, Yandex
)
# A long word of letters and digits at random, as tokens are; a commit's name is none.
WORD = re.compile(r"(?<![\w@/.-])(?=[\w+/-]*[0-9])(?=[\w+/-]*[A-Za-z])[\w+/-]{24,}={0,2}(?![\w.(-])")
RANDOM_BITS = 4.2
MADE_UP = {BOT_TOKEN, CLIENT_SECRET, QTICKETS_TOKEN}
# Beginnings of what older commits hold: a key that a test made up, the token of Telegram's own documentation.
MADE_UP_ONCE = ("SUZQ2t", "AAHdqT")
HOSTILE = "2026-11-20'; DROP TABLE zakaz.stg_vk_ads_daily; --"


def tracked() -> list[Path]:
    """The files of the repository, as it would be pushed."""
    named = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT_DIR, check=True, capture_output=True, text=True)
    found = [PROJECT_DIR / name for name in named.stdout.split("\0") if name]
    return [file for file in found if file.is_file() and not file.name.startswith("requirements")]


def bits(word: str) -> float:
    """Shannon's entropy of its letters."""
    shares = [number / len(word) for number in Counter(word).values()]
    return -sum(share * math.log2(share) for share in shares)


def secrets_in(text: str) -> list[str]:
    known = [match for form in KNOWN_FORMS for match in re.findall(form, text)]
    return [word for word in [*known, *WORD.findall(text)] if word in known or bits(word) > RANDOM_BITS]


def test_the_repository_holds_no_secret() -> None:
    assert len(tracked()) > 200
    for file in tracked():
        found = set(secrets_in(file.read_text(encoding="utf-8", errors="replace"))) - MADE_UP
        assert not found, f"{file}: {found}"


def test_nor_does_its_history() -> None:
    shallow = ["git", "rev-parse", "--is-shallow-repository"]
    told = subprocess.run(shallow, cwd=PROJECT_DIR, check=True, capture_output=True, text=True).stdout.strip()
    assert told == "false", "a clone without its history (depth): git fetch --unshallow"
    shown = ["git", "log", "-p", "--no-color", "--format=%B", "--", ".", ":!requirements*"]
    log = subprocess.run(shown, cwd=PROJECT_DIR, check=True, capture_output=True, encoding="utf-8", errors="replace")
    told = re.sub(r"^[-+ ]", "", log.stdout, flags=re.MULTILINE)
    assert len(told) > 100_000
    assert not {word for word in set(secrets_in(told)) - MADE_UP if not word.startswith(MADE_UP_ONCE)}


@pytest.mark.parametrize(
    "text",
    [
        "token = '8123456789:" + "AAHdqTcvCH1vGWJxfS" + "eofSAs0K5PALDsawX'",
        "-----BEGIN RSA PRIVATE " + "KEY-----",
        "password: " + "q7Zr2LmX9cVb" + "N4tKp8WsYd3F",
        "QTICKETS=" + "kE9dJ2xPq" + "Lw7Rt5Vb8NmZc4Ha",
    ],
)
def test_the_search_finds_one(text: str) -> None:
    assert secrets_in(text)


def test_files_that_hold_secrets_are_kept_out() -> None:
    for name in (".env", "server.pem", "id.key", "airflow.db", "zakaz.log", ".airflow/airflow.cfg"):
        ignored = subprocess.run(["git", "check-ignore", "--quiet", "--no-index", name], cwd=PROJECT_DIR)
        assert ignored.returncode == 0, name


def test_the_linter_looks_for_holes_in_all_that_runs() -> None:
    lint = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert not [rule for rule in lint["ignore"] if rule.startswith("S") and rule[1:].isdigit()]
    # The generator of the dashboards runs on nobody's server.
    tools = ("tests", "bench", "infra/datalens")
    shipped = {path: rules for path, rules in lint["per-file-ignores"].items() if not path.startswith(tools)}
    # Starting our own programs, and made-up figures that need no cryptography.
    assert {rule for rules in shipped.values() for rule in rules if rule.startswith("S")} <= {"S603", "S606", "S311"}


SECRETS = {
    "password": "p&<ss'w\"ord/%1",
    "access_token": "ready-token-0123",
    "secret of a client": "nested-secret-0123",
    "proxy": "proxy-pass-0123",
    "organiser": "0rganiser-t0ken-0123",
    "telegram": "1234:bot-token-0123",
}


@pytest.fixture
def secret_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    agency = {"accounts": [{"login": "one", "client_secret": SECRETS["secret of a client"]}]}
    connections: dict[str, dict[str, Any]] = {
        "QTICKETS": {"password": SECRETS["password"], "extra": {"organiser_tokens": {"ural": SECRETS["organiser"]}}},
        "VK_ADS": {"login": "me", "extra": {"access_token": SECRETS["access_token"], **agency}},
        "TELEGRAM": {
            "host": "-1001",
            "password": SECRETS["telegram"],
            "extra": {"proxy": f"http://proxy-user:{SECRETS['proxy']}@proxy:3128"},
        },
    }
    for name, connection in connections.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}_DEFAULT", json.dumps({"conn_type": "http", **connection}))
    monkeypatch.setenv("PING_URL", "https://ping.example/ping-secret-0123")
    settings.cache_clear()
    monkeypatch.setattr("zakaz.secrets.Variable", SimpleNamespace(get=lambda *_, **__: {}))


@pytest.fixture(autouse=True)
def settings_as_they_were() -> Any:
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("secret_connections")
@pytest.mark.parametrize("secret", [*SECRETS.values(), "/ping-secret-0123"], ids=[*SECRETS, "ping"])
def test_every_secret_of_a_connection_is_masked_in_every_form(secret: str) -> None:
    from urllib.parse import quote

    for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
        told = masked_line(ValueError(f"GET https://me:{form}@host/x failed"))
        assert form not in told
        assert "***" in told
        assert form not in masked(f"a\nlong {form}\ntext")
    message = failure_alert(attempt(), ValueError(f"boom {secret}"), DayRange(DAY, DAY))
    context = message.row("sent", message.html(), 1)["context_json"]
    assert secret not in message.html() + context
    assert json.loads(context)["error"] == "ValueError: boom ***"
    assert "boom ***" in message.html()


@pytest.mark.usefixtures("secret_connections")
def test_what_is_no_secret_is_readable() -> None:
    text = "VK Ads: login me, chat -1001, http://proxy:3128, proxy-user: no answer"
    assert masked(text) == text


@pytest.mark.parametrize("field", ["from_date", "to_date", "stage", "only_gaps"])
def test_the_form_refuses_what_is_no_value(metadata: None, field: str) -> None:
    dag = our_dags.read().get_dag("zakaz_backfill")
    given = {"from_date": "2026-11-01", "to_date": "2026-11-02"}
    params = dag.params
    fill_in(params, **given)
    with pytest.raises(Exception, match=r"Invalid input for param") as refused:
        fill_in(params, **{field: HOSTILE})
    assert "DROP TABLE" in str(refused.value)


def fill_in(params: Any, **given: str) -> None:
    params.update(given)
    params.validate()


def test_the_plan_takes_no_statement_for_a_day_and_keeps_a_reason_as_it_is(warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {})
    run = SimpleNamespace(run_id="run", start_date=datetime.now(UTC), run_type="manual", conf=None)
    form = {"from_date": str(DAY), "to_date": str(DAY), "only_gaps": False, "stage": "all", "reason": HOSTILE}
    context = {"params": form, "dag_run": run, "task_instance": task_instance("plan", "zakaz_backfill")}
    operator = PlanBackfillOperator(task_id="plan")
    for field in ("from_date", "to_date"):
        with pytest.raises(InvalidInput, match="is not a day"):
            operator.execute({**context, "params": {**form, field: HOSTILE}})
    operator.execute(context)
    assert warehouse.execute("SELECT reason FROM meta.backfills FINAL") == [(HOSTILE,)]
    assert warehouse.execute("SELECT count() FROM zakaz.stg_vk_ads_daily FINAL") == [(1,)]


@pytest.mark.usefixtures("no_token_kept")
def test_a_stage_in_the_conf_of_a_run_is_a_name_and_nothing_else(sandbox: Sandbox, warehouse: WarehouseHook) -> None:
    stage_vk(warehouse, {})
    stage = "{{ 7 * 7 }}'; DROP TABLE zakaz.stg_vk_ads_daily; --"
    dag = our_dags.read().get_dag("zakaz_etl")
    run = dag.test(logical_date=our_dags.midnight(DAY), run_conf={"stage": stage})
    assert run.state == "failed"
    assert sandbox.requests()["counts"].get("vk_ads", 0) == 0
    (told,) = {message["plain"].split("there is no stage ")[1].split(": it is")[0] for message in sandbox.messages()}
    assert "{{ 7 * 7 }}" in told
    assert warehouse.execute("SELECT count() FROM zakaz.stg_vk_ads_daily FINAL") == [(1,)]


@pytest.mark.usefixtures("no_token_kept")
def test_a_look_back_in_the_conf_of_a_run_is_true_or_false(sandbox: Sandbox, warehouse: WarehouseHook) -> None:
    dag = our_dags.read().get_dag("zakaz_etl")
    lookback = "{{ 7 * 7 }}'; DROP TABLE zakaz.stg_vk_ads_daily; --"
    run = dag.test(logical_date=our_dags.midnight(DAY), run_conf={"lookback": lookback})
    assert run.state == "failed"
    assert sandbox.requests()["counts"].get("vk_ads", 0) == 0
    assert warehouse.execute("SELECT count() FROM meta.etl_runs") == [(0,)]
    (told,) = {message["plain"].split("the conf's lookback ")[1].split(": it is")[0] for message in sandbox.messages()}
    assert "{{ 7 * 7 }}" in told


def test_what_a_source_writes_stays_text(warehouse: WarehouseHook) -> None:
    stage_sales(warehouse, {"event_name": HOSTILE, "city": HOSTILE, "utm_source": HOSTILE})
    found = warehouse.execute("SELECT event_name, city, utm_source FROM zakaz.stg_qtickets_sales FINAL")
    assert found == [(HOSTILE, HOSTILE, HOSTILE)]


def test_statements_take_values_only_as_bound_parameters() -> None:
    """No template mark, no place for str.format: what a statement is given comes with a type."""
    for file in files("**"):
        text = re.sub(r"--.*|'[^'\n]*'", "", file.read_text(encoding="utf-8"))
        assert "{{" not in text, file
        given = re.findall(r"\{(\w*)(?::(\w+))?[^}]*\}", text)
        assert [name for name, kind in given if not kind] == [], file
