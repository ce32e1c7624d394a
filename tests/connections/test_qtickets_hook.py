"""From the connection qtickets_default to a client."""

import json
import os
from datetime import date
from typing import Any

import pytest
from airflow.sdk.log import redact

from loud_logs import all_told
from sandbox import ORGANISERS, QTICKETS_TOKEN, Sandbox
from zakaz.connections.qtickets import QTicketsHook
from zakaz.days import DayRange
from zakaz.environment import project_environment
from zakaz.errors import InvalidInput, SourceRefused, SourceUnavailable
from zakaz.secrets import masked

DAY = date(2026, 11, 20)
ONE_DAY = DayRange(DAY, DAY)
LISTED = "t0ken-of-an0ther-organiser"


def connect(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    """The connection as it is, with some fields changed."""
    fields = {**json.loads(os.environ["AIRFLOW_CONN_QTICKETS_DEFAULT"]), **changed}
    monkeypatch.setenv("AIRFLOW_CONN_QTICKETS_DEFAULT", json.dumps(fields))


def first_page() -> list[Any]:
    (client,) = QTicketsHook().get_conn()
    return next(client.orders(ONE_DAY))


def test_the_connection_leads_to_the_orders(sandbox: Sandbox) -> None:
    paid = {order["id"] for order in sandbox.orders(DAY) if order["payed_at"]}
    assert {order.order_id for order in first_page()} == paid != set()


def named(given: Any) -> dict[str, Any]:
    return {"extra": {"organiser_tokens": given}}


NOT_AN_OBJECT = (
    "organiser_tokens in its extra (not shown) must be an object with an API token for each name of an organiser"
)
NO_NAME = "is no name: write 1 to 60 printable characters, without blanks around them, e.g. kazan"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (named({}), NOT_AN_OBJECT),
        (named([LISTED]), NOT_AN_OBJECT),
        (named(LISTED), NOT_AN_OBJECT),
        (named(False), NOT_AN_OBJECT),
        ({"extra": f'["{LISTED}"]'}, "its extra must be a JSON object"),
        (named({"": LISTED}), f"organiser_tokens in its extra: '' {NO_NAME}"),
        (named({" ural": LISTED}), f"organiser_tokens in its extra: ' ural' {NO_NAME}"),
        (named({"u\nral": LISTED}), f"organiser_tokens in its extra: 'u\\nral' {NO_NAME}"),
        (named({"u" * 61: LISTED}), f"organiser_tokens in its extra: '{'u' * 61}' {NO_NAME}"),
        (
            named({"ural": f"{LISTED} "}),
            "put the API token of QTickets into extra.organiser_tokens.ural: one word without",
        ),
        (named({"ural": [LISTED]}), "put the API token of QTickets into extra.organiser_tokens.ural: one word without"),
        (
            named({"ural": ""}),
            "put the API token of QTickets into extra.organiser_tokens.ural: one word without spaces",
        ),
        ({"password": "two words", **named({"ural": LISTED})}, "put the API token of QTickets into password: one word"),
        (
            named({"ural": QTICKETS_TOKEN}),
            "password, extra.organiser_tokens.ural: two of them have the same token (not shown), and its sales would "
            "count twice: give each organiser its own",
        ),
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
    assert LISTED not in str(caught.value)
    assert sandbox.requests()["requests"] == []


@pytest.mark.parametrize("password", [QTICKETS_TOKEN, None, ""])
def test_each_organiser_has_a_client_that_knows_whose_its_sales_are(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    connect(monkeypatch, password=password, **named({"Урал": ORGANISERS["ural"], "kazan 2": LISTED}))
    clients = {client.source: client for client in QTicketsHook().get_conn()}
    assert list(clients) == (["qtickets"] if password else []) + ["qtickets:Урал", "qtickets:kazan 2"]
    paid = {order.id for order in sandbox.offices["ural"].orders(DAY) if order.payed_at}
    assert {order.order_id for order in next(clients["qtickets:Урал"].orders(ONE_DAY))} == paid != set()
    with pytest.raises(SourceRefused, match=r"into the extra\.organiser_tokens\.kazan 2 of the connection"):
        next(clients["qtickets:kazan 2"].orders(ONE_DAY))


def test_the_tokens_of_organisers_are_in_no_error_and_no_log(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_told(caplog, monkeypatch)
    connect(monkeypatch, **named({"ural": ORGANISERS["ural"], "kazan": LISTED}))
    own, ural, wrong = QTicketsHook().get_conn()
    for client in (own, ural):
        next(client.orders(ONE_DAY))
    with pytest.raises(SourceRefused) as caught:
        next(wrong.orders(ONE_DAY))
    assert "/api/rest/v1/orders" in caplog.text
    for secret in (QTICKETS_TOKEN, ORGANISERS["ural"], LISTED):
        assert secret not in caplog.text + str(caught.value)
        assert redact(f"said {secret}") == "said ***", "Airflow's own masker knows it"


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


def test_airflow_itself_hides_the_tokens_of_organisers() -> None:
    assert redact(named({"ural": LISTED})) == named({"ural": "***"})
