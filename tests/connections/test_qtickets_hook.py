"""From the connection qtickets_default to a client."""

import json
import os
from datetime import date
from typing import Any

import pytest

from loud_logs import all_told
from sandbox import QTICKETS_TOKEN, Sandbox
from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange
from zakaz.environment import project_environment
from zakaz.errors import InvalidInput, SourceRefused, SourceUnavailable
from zakaz.secrets import masked

DAY = date(2026, 11, 20)


def connect(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """The connection as it is, with some fields changed."""
    fields = {**json.loads(os.environ["AIRFLOW_CONN_QTICKETS_DEFAULT"]), **changed}
    monkeypatch.setenv("AIRFLOW_CONN_QTICKETS_DEFAULT", json.dumps(fields))


def first_page() -> list[Any]:
    (client,) = QTicketsHook().get_conn()
    return next(client.orders(DayRange(DAY, DAY)))


def test_the_connection_leads_to_the_orders(sandbox: Sandbox) -> None:
    paid = {order["id"] for order in sandbox.orders(DAY) if order["payed_at"]}
    assert {order.order_id for order in first_page()} == paid != set()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"password": None}, "put the API token of QTickets into password: one word without spaces"),
        ({"password": "two words"}, "put the API token of QTickets into password: one word without spaces"),
        ({"password": "токен"}, "put the API token of QTickets into password: one word without spaces"),
        ({"host": "qtickets.ru"}, "host 'qtickets.ru' must be a base URL such as https://qtickets.ru"),
        ({"host": "https://"}, "host 'https://' must be a base URL such as https://qtickets.ru"),
        ({"host": "https://qtickets.ru:4430000"}, "host 'https://qtickets.ru:4430000' must be a base URL such as"),
        ({"host": "https://user:pa#ss@qtickets.ru"}, "host must be a base URL such as https://qtickets.ru"),
        ({"host": "user:pass@qtickets.ru"}, "host must be a base URL such as https://qtickets.ru"),
    ],
)
def test_a_connection_that_cannot_work_is_refused_in_one_line(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], message: str
) -> None:
    connect(monkeypatch, **changed)
    with pytest.raises(InvalidInput) as caught:
        QTicketsHook().get_conn()
    assert str(caught.value).startswith(f"connection qtickets_default: {message}")
    assert "\n" not in str(caught.value)
    assert sandbox.requests()["requests"] == []


def test_a_proxy_of_the_environment_that_breaks_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, host="https://qtickets.invalid")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pa#ssword@proxy:3128")
    with pytest.raises(InvalidInput, match=r"^HTTPS_PROXY must be the URL of a proxy") as caught:
        QTicketsHook().get_conn()
    assert "ssword" not in str(caught.value)


def test_the_sandbox_stands_in_with_its_own_token() -> None:
    environment = project_environment({"ZAKAZ_SANDBOX": "1"}, dotenv=None)
    assert json.loads(environment["AIRFLOW_CONN_QTICKETS_DEFAULT"])["password"] == QTICKETS_TOKEN


@pytest.mark.parametrize(
    ("host", "warned"),
    [("http://tickets.example", True), ("https://tickets.example", False), ("http://[::1]:80", False)],
)
def test_a_secret_that_would_go_unencrypted_is_warned_of(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, host: str, warned: bool
) -> None:
    connect(monkeypatch, host=host)
    QTicketsHook().get_conn()
    assert (f"{host} sends the secret unencrypted: use https://" in caplog.text) is warned


def test_no_host_means_qtickets_itself(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, host=None)
    (client,) = QTicketsHook().get_conn()
    assert client._api.base_url == "https://qtickets.ru"


def test_whether_it_is_set_up(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert QTicketsHook().is_set_up()
    monkeypatch.delenv("AIRFLOW_CONN_QTICKETS_DEFAULT")
    assert not QTicketsHook().is_set_up()


def test_the_token_is_in_no_error_and_no_log(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_told(caplog, monkeypatch)
    first_page()
    wrong = "an0ther-token-than-this"
    connect(monkeypatch, password=wrong)
    with pytest.raises(SourceRefused, match="HTTP 403: QTickets doesn't take the token") as caught:
        first_page()
    assert "/api/rest/v1/orders" in caplog.text, "the log is read at a level where requests are told"
    for secret in (QTICKETS_TOKEN, wrong):
        assert secret not in caplog.text + str(caught.value)
    assert masked(f"said {wrong}") == "said ***"


def test_a_sandbox_that_is_down_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, unused_port: int) -> None:
    monkeypatch.setenv("ZAKAZ_SANDBOX", "1")
    connect(monkeypatch, host=f"http://127.0.0.1:{unused_port}")
    with pytest.raises(SourceUnavailable, match=r"The sandbox is down: start it with bin/zakaz sandbox start$"):
        first_page()
