"""The hook: values, errors and formats are the same on the embedded engine and on a server."""

import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from zakaz.errors import InvalidInput, WarehouseRefused, WarehouseUnavailable
from zakaz.settings import settings
from zakaz.warehouse import hook
from zakaz.warehouse.hook import WarehouseHook

pytestmark = pytest.mark.warehouse
INSTANT = datetime(2026, 11, 20, 5, 35, 1, 123456, tzinfo=timezone(timedelta(hours=3)))


@pytest.fixture
def scratch(migrated: WarehouseHook) -> Iterator[str]:
    """The name of a table that is gone afterwards."""
    database = f"zakaz_test_{uuid4().hex[:8]}"
    migrated.execute(f"CREATE DATABASE {database}")
    yield f"{database}.t"
    migrated.execute(f"DROP DATABASE {database} SYNC")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which take no time."""
    taken: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", taken.append)
    return taken


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Date", date(2026, 11, 20)),
        ("DateTime64(6, 'UTC')", INSTANT),
        ("UInt64", 2**33 + 1),
        ("UInt64", 2**64 - 1),
        ("Int64", -(2**40)),
        ("Decimal(18, 2)", Decimal("-1234567890123456.78")),
        ("UUID", UUID("6354262b-636f-444f-98d7-fc017960a706")),
        ("Bool", True),
        ("Bool", False),
        ("Nullable(String)", "NULL"),
        *[
            ("String", text)
            for text in (
                "",
                "a'b\"c`d",
                "back\\slash \\n \\N \\'",
                "line\nbreak\r\ttab\x00zero",
                "{day:Date} %(a)s %s {{b}} -- ; /*",
                "Щелкунчик, Орёл 🎄",
            )
        ],
    ],
)
def test_a_parameter_arrives_as_it_was_sent(migrated: WarehouseHook, kind: str, value: Any) -> None:
    assert migrated.execute(f"SELECT {{value:{kind}}}", {"value": value}) == [(value,)]
    assert migrated.execute(f"SELECT {{value:{kind}}} = materialize({{value:{kind}}})", {"value": value}) == [(1,)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "a NoneType has no typed text"),
        (0.5, "a float has no typed text"),
        ([1], "a list has no typed text"),
        (datetime(2026, 11, 20), "has no time zone"),  # noqa: DTZ001
    ],
)
def test_a_value_without_one_meaning_is_refused_before_anything_is_sent(
    migrated: WarehouseHook, value: Any, said: str
) -> None:
    for call in (
        lambda: migrated.execute("SELECT {spent:String}", {"spent": value}),
        lambda: migrated.text("SELECT {spent:String}", "TSV", {"spent": value}),
    ):
        with pytest.raises(InvalidInput, match=rf"^spent: .*{said}"):
            call()


def test_every_column_type_comes_back_as_it_was_inserted(migrated: WarehouseHook, scratch: str) -> None:
    migrated.execute(
        f"CREATE TABLE {scratch} (n UInt32, d Date, at DateTime64(6, 'UTC'), ended Nullable(DateTime64(6, 'UTC')), "
        "spend Decimal(18, 2), id UUID, big UInt64, low Int64, flag Bool, maybe Nullable(UInt64), "
        "kind LowCardinality(String), text String) ENGINE = MergeTree ORDER BY n"
    )
    body = 'Ёлка "\\n\\" \n\t{}🎄' * 60_000
    assert len(body.encode()) > 1_000_000
    low, high = (-(2**63), True, None), (2**40, False, 2**53 + 1)
    rows = [
        (1, date(2026, 11, 20), INSTANT, None, Decimal("-0.01"), uuid4(), 2**64 - 1, *low, "", body),
        (
            2,
            date(1970, 1, 1),
            datetime(2026, 1, 1, tzinfo=UTC),
            INSTANT,
            Decimal(10**16 - 1),
            UUID(int=0),
            0,
            *high,
            "М",
            "\\N '",
        ),
    ]
    columns = ["n", "d", "at", "ended", "spend", "id", "big", "low", "flag", "maybe", "kind", "text"]
    migrated.insert(scratch, columns, rows)
    assert migrated.execute(f"SELECT * FROM {scratch} ORDER BY n") == rows


HALF = "substring('привет', 1, 3)"


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        (HALF, "п\ufffd"),
        (f"toLowCardinality({HALF})", "п\ufffd"),
        (f"toFixedString({HALF}, 3)", "п\ufffd"),
        (f"toNullable({HALF})", "п\ufffd"),
        (f"[{HALF}, 'привет']", ["п\ufffd", "привет"]),
        (f"map('cut', {HALF})", {"cut": "п\ufffd"}),
        ("unhex('EFEB00FF')", "\ufffd\ufffd\0\ufffd"),
    ],
)
def test_a_text_that_is_no_utf_8_is_the_same_on_both_engines(migrated: WarehouseHook, sql: str, value: Any) -> None:
    assert migrated.execute(f"SELECT {sql}") == [(value,)]


def test_a_formatted_result_is_the_bytes_that_the_engine_wrote(migrated: WarehouseHook) -> None:
    assert migrated.formatted(f"SELECT {HALF}", "TSV") == "привет".encode()[:3] + b"\n"
    assert migrated.text(f"SELECT {HALF} AS word", "JSONEachRow") == '{"word":"п\ufffd"}\n'


def test_an_error_about_a_text_that_is_no_utf_8_is_a_refusal(
    migrated: WarehouseHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unread(*_: Any, **__: Any) -> None:
        b"DB::Exception: it begins with \xd0\xbf\xd1 and ends".decode()

    if migrated.is_embedded:  # which under Debian's Python 3.11.2 loses such a text
        said = r"\(code 6\): Cannot parse string 'п\ufffd' as UInt8|\(code 0\): The ClickHouse server returned an error"
        with pytest.raises(WarehouseRefused, match=said):
            migrated.execute(f"SELECT toUInt8({HALF})")
    else:  # what the native driver does with such a message; an endpoint over chDB sends none
        monkeypatch.setattr("clickhouse_driver.Client.execute", unread)
        with pytest.raises(WarehouseRefused, match=r"it begins with п\ufffd and ends$"):
            migrated.execute("SELECT 1")


def test_inserting_no_rows_is_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    WarehouseHook("nowhere_at_all").insert("zakaz.nope", ["a"], [])


@pytest.mark.parametrize(
    ("sql", "code", "said"),
    [
        ("SELECT * FROM zakaz.nope", 60, "zakaz.nope"),
        ("SELEC 1", 62, "Syntax error"),
        ("SELECT toUInt8('x')", 6, "Cannot parse string 'x' as UInt8"),
        ("SELECT {day:Date}", 456, "Substitution `day` is not set"),
    ],
)
def test_both_engines_refuse_in_the_same_words(migrated: WarehouseHook, sql: str, code: int, said: str) -> None:
    texts = []
    for call in (lambda: migrated.execute(sql), lambda: migrated.text(sql, "TSV")):
        with pytest.raises(WarehouseRefused) as caught:
            call()
        assert caught.value.code == code
        texts.append(str(caught.value))
    assert texts[0].startswith(f"ClickHouse refused the statement (code {code}): ")
    assert said in texts[0]
    # What the drivers wrap around it differs: none of it may be left.
    for text in texts:
        assert not any(noise in text for noise in ("\n", "DB::Exception", "Stack", "(version", "(for url", ").;"))
        assert not text.endswith(".")
    assert ("bin/zakaz migrate" in texts[0]) == (code == 60)


def test_refused_rows_are_refused_in_the_same_words(migrated: WarehouseHook, scratch: str) -> None:
    with pytest.raises(WarehouseRefused, match=r"^ClickHouse refused the statement \(code 60\): .*bin/zakaz migrate`$"):
        migrated.insert("zakaz.nope", ["a"], [[1]])
    migrated.execute(f"CREATE TABLE {scratch} (n UInt32) ENGINE = MergeTree ORDER BY n")
    with pytest.raises(WarehouseRefused, match=r"^ClickHouse refused the statement \(code \d+\): ") as caught:
        migrated.insert(scratch, ["n"], [[1], ["many"]])
    assert "for url" not in str(caught.value)
    assert "DB::Exception" not in str(caught.value)
    assert migrated.execute(f"SELECT count() FROM {scratch}") == [(0,)]


@pytest.mark.parametrize("code", [202, 289, 394, 439, 473, 571])
def test_a_busy_clickhouse_is_asked_again_and_a_refusal_is_not(
    migrated: WarehouseHook, pauses: list[float], code: int
) -> None:
    busy = "SELECT throwIf(1, 'busy', toInt16({code:Int16})) SETTINGS allow_custom_error_code_in_throwif = 1"
    with pytest.raises(WarehouseUnavailable, match=rf"could not finish the statement now \(code {code}\)"):
        migrated.execute(busy, {"code": code})
    assert pauses == [1, 2, 4]
    with pytest.raises(WarehouseRefused, match=r"code 395"):
        migrated.execute(busy, {"code": 395})
    assert pauses == [1, 2, 4]


def test_a_server_that_is_away_is_named_after_the_tries(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        url = f"clickhouse://etl:very-secret@127.0.0.1:{port}/?http_port={port}"
        monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_AWAY", url)
        away = WarehouseHook("clickhouse_away")
        for call in (
            lambda: away.execute("SELECT 1"),
            lambda: away.insert("zakaz.t", ["a"], [[1]]),
            lambda: away.text("SELECT 1", "TSV"),
        ):
            pauses.clear()
            with pytest.raises(WarehouseUnavailable) as caught:
                call()
            said = str(caught.value)
            assert said.startswith("ClickHouse at 127.0.0.1 can't be reached: ")
            assert "clickhouse_away" in said
            assert "\n" not in said
            assert "very-secret" not in said
            assert [pause for pause in pauses if pause in (1, 2, 4)] == [1, 2, 4]


@pytest.mark.skipif("CLICKHOUSE_TEST_URL" not in os.environ, reason="the embedded engine has no passwords")
def test_a_wrong_password_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = json.loads(os.environ["AIRFLOW_CONN_CLICKHOUSE_DEFAULT"])
    monkeypatch.setenv("AIRFLOW_CONN_WRONG", json.dumps({**connection, "password": "very-secret"}))
    wrong = WarehouseHook("wrong")
    for call in (lambda: wrong.execute("SELECT 1"), lambda: wrong.insert("zakaz.t", ["a"], [[1]])):
        with pytest.raises(WarehouseRefused, match="check login and password") as caught:
            call()
        assert caught.value.code == 516
        assert "very-secret" not in str(caught.value)


def test_who_asks_and_the_time_limit_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    origin = {"dag": "zakaz_etl", "run": "it's \\ ё", "task": "vk_fetch", "try": 1}
    asked = WarehouseHook(origin=origin)
    ((comment, limit),) = asked.execute("SELECT getSetting('log_comment'), getSetting('max_execution_time')")
    assert json.loads(comment) == origin
    assert limit == settings().query_timeout_seconds
    assert json.loads(asked.text("SELECT getSetting('log_comment')", "TSVRaw")) == origin

    monkeypatch.setattr(hook, "settings", lambda: settings().model_copy(update={"query_timeout_seconds": 1}))
    with pytest.raises(WarehouseRefused, match="QUERY_TIMEOUT_SECONDS") as caught:
        WarehouseHook().execute("SELECT sleepEachRow(0.5) FROM numbers(20) SETTINGS max_block_size = 1")
    assert caught.value.code == 159


def test_a_session_keeps_one_engine_for_all_its_calls(
    migrated: WarehouseHook, scratch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    closed: list[Any] = []
    for module, name in ((hook, "EmbeddedEngine"), (hook, "ServerEngine")):

        class Counted(getattr(module, name)):  # type: ignore[misc]
            def __init__(self, *args: Any) -> None:
                super().__init__(*args)
                opened.append(self)

            def disconnect(self) -> None:
                super().disconnect()
                closed.append(self)

        monkeypatch.setattr(module, name, Counted)
    fresh = WarehouseHook()
    with fresh.session() as outer:
        fresh.execute(f"CREATE TABLE {scratch} (n UInt32) ENGINE = MergeTree ORDER BY n")
        with outer.session() as inner:
            inner.insert(scratch, ["n"], [[7]])
        assert fresh.execute(f"SELECT n FROM {scratch}") == [(7,)]
        assert fresh.text(f"SELECT n FROM {scratch}", "TSV") == "7\n"
        with pytest.raises(WarehouseRefused):
            fresh.execute("SELEC")
        assert (len(opened), closed) == (1, [])
    assert closed == opened
    fresh.execute("SELECT 1")
    assert (len(opened), len(closed)) == (2, 2)


def test_text_is_formatted_by_the_engine(migrated: WarehouseHook) -> None:
    asked = "SELECT {day:Date} AS day, 'Ё' AS city"
    params = {"day": date(2026, 11, 20)}
    assert migrated.text(asked, "TSVWithNames", params) == "day\tcity\n2026-11-20\tЁ\n"
    assert json.loads(migrated.text(asked, "JSONEachRow", params)) == {"day": "2026-11-20", "city": "Ё"}
    assert migrated.text("SELECT 1 AS a;\n", "TSVWithNames") == "a\n1\n"
    assert migrated.text("SELECT 1 AS a -- one", "TSVWithNames") == "a\n1\n"
    # A statement that names its own format has its way.
    assert migrated.text("SELECT 1 AS a FORMAT JSONEachRow", "TSVWithNames") == '{"a":1}\n'
    assert migrated.text("CREATE DATABASE IF NOT EXISTS zakaz", "TSVWithNames") == ""


def test_several_statements_give_the_rows_of_the_last(migrated: WarehouseHook, scratch: str) -> None:
    made = [f"CREATE TABLE {scratch} (n UInt32) ENGINE = MergeTree ORDER BY n", f"INSERT INTO {scratch} SELECT 5"]
    assert migrated.execute([*made, f"SELECT n FROM {scratch}"]) == [(5,)]
    assert migrated.execute(f"-- a comment\n/* another */ (SELECT n FROM {scratch} WHERE n = 6)") == []


def test_a_server_that_takes_calls_and_never_answers_holds_nobody_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("AIRFLOW_CONN_CLICKHOUSE_SILENT", f"clickhouse://etl@127.0.0.1:{port}/?http_port={port}")
        hurried = WarehouseHook("clickhouse_silent", within_seconds=0.5)
        for call in (lambda: hurried.execute("SELECT 1"), lambda: hurried.insert("zakaz.t", ["a"], [[1]])):
            begun = time.monotonic()
            with pytest.raises(WarehouseUnavailable, match="clickhouse_silent"):
                call()
            assert time.monotonic() - begun < 5
