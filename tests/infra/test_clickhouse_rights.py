"""infra/clickhouse: the engine reads the files as they are, and lets each user do what it needs and no more."""

import hashlib
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlparse

from as_user import INFRA, PASSWORDS, configure
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse import sql
from zakaz.warehouse.ddl import name_of, parameters, view_statement, views
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import files

# A process of its own per user: an engine has one configuration in its life.
PROGRAM = """
import sys
import clickhouse_connect
client = clickhouse_connect.get_client(interface="chdb", path=sys.argv[1], chdb_options={"config-file": sys.argv[2]})
for statement in sys.argv[3:]:
    try:
        print("done", client.raw_query(statement, fmt="TSV" if "SELECT" in statement[:6] else None).decode().strip())
    except Exception as error:
        print("refused", *str(error).split())
"""
As = Callable[..., list[str]]


@pytest.fixture(scope="module")
def act(tmp_path_factory: pytest.TempPathFactory) -> As:
    """Statements as a user, all on one warehouse; an answer begins with `done` or `refused`."""
    home = tmp_path_factory.mktemp("clickhouse")

    def run(user: str, *statements: str, environment: dict[str, str] = PASSWORDS) -> list[str]:
        config = configure(Path(tmp_path_factory.mktemp("server")), user, home / "backups")
        command = [sys.executable, "-c", PROGRAM, str(home / "warehouse"), str(config), *statements]
        ended = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
        return [line.strip() for line in (ended.stdout or f"refused {ended.stderr}").splitlines()]

    def made_by(file: Path) -> str:
        # In these processes the current user is always `default`.
        if "views" in file.parts:
            return view_statement(file).replace("CURRENT_USER", "etl_writer")
        text = file.read_text(encoding="utf-8")
        for name, value in parameters(text).items():
            text = re.sub(rf"\{{{name}:\w+\}}", repr(value), text)
        return text

    schema = [*(file for folder in ("databases", "*/functions", "*/tables") for file in files(folder)), *views()]
    answers = run("admin", *map(made_by, schema))
    assert answers == ["done"] * len(schema)
    return run


# A view that takes parameters is for our own statements.
READS = [f"SELECT count() FROM {name_of(file)}" for file in views() if "{" not in file.read_text()]
FORBIDDEN = [
    "SELECT * FROM zakaz.dm_sales_daily",
    "SELECT * FROM meta.etl_runs",
    "SELECT * FROM meta.etl_alerts",
    "INSERT INTO meta.mutes (job) VALUES ('all')",
    "CREATE TABLE bi.mine (n Int8) ENGINE = Memory",
    "DROP VIEW bi.v_sales_daily",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_execution_time = 61",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT 1 SETTINGS max_memory_usage = 0",
    "SELECT 1 SETTINGS max_result_rows = 0",
    "SELECT 1 SETTINGS max_concurrent_queries_for_user = 0",
    "BACKUP DATABASE bi TO Disk('backups', 'mine.zip')",
]


def test_a_reader_reads_the_views_and_nothing_else(act: As) -> None:
    assert [answer.split()[0] for answer in act("bi_reader", *READS)] == ["done"] * len(READS)
    for statement, answer in zip(FORBIDDEN, act("bi_reader", *FORBIDDEN), strict=True):
        assert re.match(r"refused .*(ACCESS_DENIED|READONLY|SETTING_CONSTRAINT_VIOLATION)", answer), statement
    set_by_drivers = "SELECT getSetting('final'), 1 SETTINGS max_block_size = 1000, max_execution_time = 30"
    assert act("bi_reader", set_by_drivers) == ["done true\t1"]


def test_a_reader_may_set_what_datalens_sets_with_each_query(act: As) -> None:
    """As its connector does (dl_connector_clickhouse, ch_commons.py), with the level of its connection."""
    settings = (
        "join_use_nulls = 1, readonly = 2, send_progress_in_http_headers = 0, output_format_json_quote_denormals = 1"
    )
    assert act("bi_reader", f"SELECT getSetting('join_use_nulls') SETTINGS {settings}") == ["done true"]
    document = (PROJECT_DIR / "docs" / "DATALENS.md").read_text(encoding="utf-8")
    charts = re.findall(r"```sql\n(.+?)\n```", document, re.DOTALL)
    assert len(charts) > 10
    answers = act("bi_reader", *(f"{read}\nSETTINGS {settings}" for read in [*READS, *charts]))
    assert [answer for answer in answers if answer.startswith("refused")] == []
    assert len([answer for answer in answers if answer.startswith("done")]) == len(READS) + len(charts)


def test_an_alias_that_is_changed_back_by_hand_is_changed_back(act: As) -> None:
    """With any client of the server; a window of deduplication as replicated tables have it."""
    made = (
        "CREATE TABLE zakaz.alias AS zakaz.dim_city_alias ENGINE = ReplacingMergeTree(_ver, _deleted) ORDER BY alias "
        "SETTINGS non_replicated_deduplication_window = 1000"
    )
    typed = [f"INSERT INTO zakaz.alias (alias, city) VALUES ('питер', '{city}')" for city in "ABA"]
    assert act("etl_writer", made, *typed, "SELECT city FROM zakaz.alias FINAL") == ["done"] * 4 + ["done A"]


BEYOND = [
    "DROP TABLE zakaz.dm_sales_daily",
    "TRUNCATE TABLE zakaz.stg_vk_ads_daily",
    "ALTER TABLE zakaz.dm_sales_daily DROP PARTITION 202611",
    "ALTER TABLE zakaz.dm_sales_daily DETACH PARTITION 202611",
    "ALTER TABLE zakaz.dm_sales_daily DELETE WHERE 1",
    "ALTER TABLE zakaz.dm_sales_daily UPDATE revenue = 0 WHERE 1",
    "ALTER TABLE zakaz.dm_sales_daily DROP COLUMN revenue",
    "ALTER TABLE zakaz.dm_sales_daily MODIFY COLUMN revenue UInt8",
    "ALTER TABLE zakaz.dm_sales_daily MODIFY TTL sale_date + INTERVAL 1 DAY",
    "ALTER TABLE meta.etl_runs DELETE WHERE 1",
    "ALTER TABLE meta.etl_runs MODIFY TTL toDateTime(started_at) + INTERVAL 1 DAY",
    "DELETE FROM zakaz.dm_sales_daily WHERE 1",
    "DELETE FROM meta.source_totals WHERE 1",
    "OPTIMIZE TABLE zakaz.dm_sales_daily FINAL CLEANUP",
    "RENAME TABLE zakaz.dm_sales_daily TO zakaz.gone",
    "DROP DATABASE meta",
    "CREATE DATABASE other",
    "CREATE USER mine",
    "GRANT SELECT ON bi.* TO bi_reader",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT 1 SETTINGS max_memory_usage = 8000000000",
    "SELECT 1 SETTINGS max_memory_usage = 0",
    "SYSTEM SHUTDOWN",
]


def test_the_pipeline_adds_a_column_and_keeps_raw_rows_as_long_as_it_is_told(act: As) -> None:
    statements = (
        "ALTER TABLE zakaz.dm_sales_daily ADD COLUMN IF NOT EXISTS newer UInt8 AFTER city",
        "ALTER TABLE zakaz.raw_vk_ads MODIFY TTL toDateTime(fetched_at) + toIntervalDay(300) "
        "SETTINGS materialize_ttl_after_modify = 0",
    )
    assert act("etl_writer", *statements) == ["done"] * 2


def test_the_pipeline_brings_a_source_to_the_keys_of_sales(act: As) -> None:
    for table in ("stg_qtickets_sales", "dm_sales_daily"):
        (ddl,) = (file.read_text(encoding="utf-8") for file in files("*/tables") if name_of(file) == f"zakaz.{table}")
        key = re.search(r"^ORDER BY \((.*)\)", ddl, re.MULTILINE)
        assert key
        statements = (
            f"ALTER TABLE zakaz.{table} ADD COLUMN later UInt8, MODIFY ORDER BY ({key[1]}, later)",
            f"ALTER TABLE zakaz.{table} MODIFY COLUMN source LowCardinality(String) DEFAULT 'qtickets'",
        )
        assert act("etl_writer", *statements) == ["done"] * 2


def test_the_pipeline_writes_comments(act: As) -> None:
    of_views = [file.read_text(encoding="utf-8") for file in files("*/comments")]
    of_tables = [
        f"ALTER TABLE {name_of(file)} {clause} '…'"
        for file in files("*/tables")
        for clause in ("COMMENT COLUMN _ver", "MODIFY COMMENT")
        if "_ver UInt64" in file.read_text(encoding="utf-8")
    ]
    assert act("etl_writer", *of_views, *of_tables) == ["done"] * (len(of_views) + len(of_tables))


def test_the_watchdog_sees_the_disks(act: As) -> None:
    asked = sql.statement("runs/disks.sql").replace("{disk_free_percent:UInt8}", "15")
    answers = act("etl_writer", re.sub(r"(?m)^--.*\n", "", asked))
    assert answers[0].startswith("done disk\tДиск backups\t"), answers


def test_the_pipeline_can_not_destroy(act: As) -> None:
    for statement, answer in zip(BEYOND, act("etl_writer", *BEYOND), strict=True):
        assert re.match(r"refused .*(ACCESS_DENIED|SETTING_CONSTRAINT_VIOLATION)", answer), statement


def test_the_user_without_a_password_is_for_the_machine_itself() -> None:
    networks = ET.parse(INFRA / "users.d" / "zakaz.xml").find("users/default/networks")
    assert networks is not None
    assert (networks.get("replace"), [ip.text for ip in networks]) == ("1", ["127.0.0.1", "::1"])


def test_without_its_passwords_no_server_starts(act: As) -> None:
    for given in ({}, dict.fromkeys(PASSWORDS, ""), dict.fromkeys(PASSWORDS, "a password")):
        answers = act("admin", "SELECT 1", environment=given)
        assert answers[0] != "done 1"
        assert "Failed to create connection" in "".join(answers)


# Together they ask every statement of a day, every view, and what `migrate` brings over from older releases.
OF_ALL_STATEMENTS = (
    "tests/cli/test_stage.py::test_the_whole_chain_is_a_good_day_without_a_run_of_airflow",
    "tests/views/test_last_state.py",
    "tests/views/test_month_pacing.py::test_a_plan_without_figures_stands_and_goes_with_its_line",
    "tests/views/test_shows.py::test_shows_of_a_release_without_the_table_are_known_after_migrate",
    "tests/views/test_campaigns.py::test_tags_that_another_release_loaded_are_known_with_the_next_load",
)


@pytest.mark.timeout(300)
def test_the_pipeline_has_all_that_it_needs() -> None:
    environment = {**os.environ, "ZAKAZ_TEST_USER": "etl_writer", "PYTHONPATH": str(PROJECT_DIR / "tests")}
    command = [sys.executable, "-m", "pytest", "-p", "as_user", "-p", "no:cacheprovider", *OF_ALL_STATEMENTS]
    ended = subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-3000:]


def test_the_maker_of_the_views_may_read_what_they_read_of_the_system() -> None:
    """In the embedded engine everybody may; a server's config.xml has `select_from_system_db_requires_grant`."""
    read = {name for file in views() for name in re.findall(r"\bsystem\.\w+", file.read_text(encoding="utf-8"))}
    assert read
    role = ET.parse(INFRA / "users.d" / "zakaz.xml").findall("roles/etl_writer/grants/query")
    assert {f"GRANT SELECT ON {name}" for name in read} <= {query.text for query in role}


def test_a_server_from_packages_is_given_what_its_users_ask_for() -> None:
    asked = subprocess.run(
        ["sh", str(INFRA / "passwords.sh")], input="Ω a$b\nsecond\n", capture_output=True, text=True, check=True
    )
    text = (INFRA / "users.d" / "zakaz.xml").read_text()
    names = re.findall(r'from_env="(\w+)"', text)
    sums = [hashlib.sha256(password.encode()).hexdigest() for password in ("Ω a$b", "second")]
    lines = [f"Environment={name}={value}" for name, value in zip(names, sums, strict=True)]
    assert asked.stdout.splitlines() == ["[Service]", *lines]
    empty = subprocess.run(["sh", str(INFRA / "passwords.sh")], input="first\n\n", capture_output=True, text=True)
    assert (empty.returncode, empty.stdout) == (1, "")


def test_with_tls_nothing_is_served_in_plain() -> None:
    tls = ET.parse(INFRA / "tls" / "zakaz-tls.xml").getroot()
    assert {port.tag for port in tls if port.tag.endswith(("port", "secure")) and port.get("remove") is None} == {
        "https_port",
        "tcp_port_secure",
    }
    assert {port.tag for port in tls if port.get("remove")} == {
        "http_port",
        "tcp_port",
        "interserver_http_port",
    }


def managed() -> list[str]:
    text = (INFRA / "managed.sql").read_text(encoding="utf-8")
    bare = sqlparse.format(text, strip_comments=True)
    return [" ".join(one.rstrip("; \n").split()) for one in sqlparse.split(bare) if one.strip()]


def test_the_engine_can_read_every_statement_for_a_managed_server(warehouse: WarehouseHook) -> None:
    for statement in managed():
        ((written,),) = warehouse.execute("SELECT formatQuerySingleLine({it:String})", {"it": statement})
        assert written.split()[0] == statement.split()[0]


def test_a_managed_server_gets_the_same_rights_and_limits() -> None:
    tree = ET.parse(INFRA / "users.d" / "zakaz.xml")
    rights = {
        f"{query.text} TO {role.tag}" for role in tree.findall("roles/*") for query in role.findall("grants/query")
    }
    assert {one for one in managed() if one.startswith("GRANT") and " ON " in one} == rights
    for profile in tree.findall("profiles/*"):
        (given,) = [one for one in managed() if one.startswith(f"CREATE SETTINGS PROFILE IF NOT EXISTS {profile.tag} ")]
        assert set(given.split(" SETTINGS ", 1)[1].split(" SETTINGS ")[-1].split(", ")) == set(limits(profile))


def limits(profile: ET.Element) -> list[str]:
    """A profile's settings as CREATE SETTINGS PROFILE writes them."""
    found = []
    for setting in profile:
        if setting.tag != "constraints":
            text = setting.text or ""
            words: list[Any] = [setting.tag, "=", text if text.isdigit() else f"'{text}'"]
            for limit in profile.findall(f"constraints/{setting.tag}/*"):
                words += [limit.tag.upper(), *([limit.text] if limit.text else [])]
            found.append(" ".join(words))
    return found
