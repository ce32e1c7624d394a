"""What the Telegram connection and the proxies of the environment may hold: read, or refused by name, never shown."""

import base64
import json
import shutil
import socket
import socketserver
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connections.test_telegram_hook import HELLO, connect
from few_examples import a_few
from loud_logs import all_told
from sandbox import BOT_TOKEN, Sandbox
from zakaz.connections import telegram
from zakaz.connections.telegram import TelegramHook
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.errors import InvalidInput, MessageRefused, MessageUndelivered

pytestmark = pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")
# Of passwords: no part of one may be seen anywhere.
PARTS = ("zqzq", "xkxk", "7171", "8282", "пароль")
PROXIES = [
    *[f"http://user:zqzq{sign}xkxk@proxy:3128" for sign in "#/?[\\ \n\t"],
    *[f"http://user:7171{sign}8282@proxy:3128" for sign in "#/?"],
    "http://user:zqzq%xkxk@proxy:3128",
    "http://user:пароль@proxy:3128",
    f"http://user:{quote('пароль')}@proxy:3128",
    "http://user:zqzq@proxy:port",
    "http://user:zqzq@proxy:312800",
    "http://user:zqzq@proxy:3128/xkxk",
    "http://user:zqzq@",
    "nonsense://user:zqzq@proxy:1",
]


class Answers(ThreadingHTTPServer):
    """A server, or a proxy, that gives everybody the same answer, and keeps the headers of the requests."""

    status, body = 200, '{"ok": true}'

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.seen: list[Any] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        server.seen.append(self.headers)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(server.status)
        self.end_headers()
        self.wfile.write(server.body.encode())

    do_CONNECT = do_POST  # noqa: N815 - its name is http.server's

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Answers]:
    with Answers() as answers:
        thread = Thread(target=answers.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield answers
        answers.shutdown()
        thread.join()


def complaint(caplog: pytest.LogCaptureFixture) -> str:
    """What is said of a message that is not sent: one line; no secret in it, in what it is chained to, in any log."""
    with pytest.raises((InvalidInput, MessageRefused, MessageUndelivered)) as caught:
        TelegramHook().send_message(HELLO)
    chain, error = "", caught.value
    while error:
        chain += "".join(traceback.format_exception_only(error))
        error = error.__cause__ or error.__context__
    for secret in (BOT_TOKEN, *PARTS):
        assert secret not in chain + caplog.text
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def logs(sandbox: Sandbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Any:
    all_told(caplog, monkeypatch)
    return caplog


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"password": None}, "put the bot token into its password and the chat id into its host"),
        ({"host": None}, "put the bot token into its password and the chat id into its host"),
        *[
            ({"password": token}, "its password must be the bot token as @BotFather wrote it")
            for token in (f"{BOT_TOKEN} ", f"{BOT_TOKEN}\n", "123456:токен", f"bot{BOT_TOKEN}", "123456", "123:a/b")
        ],
        *[
            ({"host": chat}, "its host must be the chat id: a number such as -1001234567890, or the @name")
            for chat in ("my chat", "zakaz", "@", "@имя", "-100 1", "1.5", "-1001\n", "https://t.me/zakaz", BOT_TOKEN)
        ],
        *[
            ({"extra": {"message_thread_id": topic}}, "message_thread_id in its extra must be the number of a topic")
            for topic in ("news", -1, 1.5, [7], {"id": 7}, True, "4 2", "９", 10**12)
        ],
        *[
            ({"extra": {"base_url": url}}, "base_url in its extra must be http:// or https://, a host, perhaps a p")
            for url in (
                "http://host:8081",
                "http://host:8081/",
                "http://host:8081/bot/",
                "host:8081/bot",
                "api.telegram.org/bot",
                "ftp://host/bot",
                f"https://api.telegram.org/bot{BOT_TOKEN}",
                f"https://api.telegram.org/bot{BOT_TOKEN}/bot",
                "http://user:zqzq@host:8081/bot",
                "http://host:808100/bot",
                "http://host:port/bot",
                "http://[::1/bot",
                "http://host/bot?x=1",
                "http:///bot",
                8081,
                ["http://host:8081/bot"],
            )
        ],
        *[({"extra": {"proxy": url}}, "proxy in the extra of the connection telegram_default ") for url in PROXIES],
        ({"extra": {"proxy": 3128}}, "proxy in the extra of the connection telegram_default must be the URL"),
    ],
    ids=str,
)
def test_what_can_not_be_used_is_named_and_not_shown(
    logs: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], named: str
) -> None:
    connect(monkeypatch, **{"extra": {}, **changed})
    told = complaint(logs)
    assert named in told
    assert "connection telegram_default" in told


@pytest.mark.parametrize("extra", ["[1]", "{'proxy': 'zqzq'}", "zqzq"])
def test_an_extra_of_another_shape_is_refused(
    logs: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    connection = {"host": "-1", "password": BOT_TOKEN, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_TELEGRAM_DEFAULT", json.dumps(connection))
    assert complaint(logs) == "connection telegram_default: its extra must be a JSON object"
    monkeypatch.setenv("AIRFLOW_CONN_VK_ADS_DEFAULT", json.dumps({**connection, "host": "https://ads.vk.com"}))
    with pytest.raises(InvalidInput, match="connection vk_ads_default: its extra must be a JSON object"):
        VkAdsHook().get_conn()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("url", [*PROXIES, "user:zqzq#xkxk@proxy:3128", "user:zqzq@proxy:3128"])
def test_a_proxy_of_the_environment_is_named_by_its_variable(
    logs: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, variable: str, url: str
) -> None:
    connect(monkeypatch, {"base_url": None})
    monkeypatch.setenv(variable, url)
    assert complaint(logs).startswith(
        f"{variable} must be the URL of a proxy, such as http://proxy:3128 or http://NAME:"
    )


@a_few
@given(password=st.text(st.characters(max_codepoint=300), min_size=1, max_size=12), is_quoted=st.booleans())
@example(password="pa#ssword", is_quoted=True)
@example(password="p@ss:word%25", is_quoted=False)
def test_a_password_reaches_the_proxy_as_it_was_meant_or_the_proxy_is_refused(
    sandbox: Sandbox, server: Answers, password: str, is_quoted: bool
) -> None:
    server.seen.clear()
    written = quote(password, safe="") if is_quoted else password
    proxy = f"http://user:{written}@127.0.0.1:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch:
        connect(patch, {"base_url": "http://api.telegram.invalid/bot", "proxy": proxy})
        try:
            TelegramHook().send_message(HELLO)
        except InvalidInput:
            assert not is_quoted or not password.isascii()
            return
    (sent,) = server.seen
    credentials = base64.b64decode(sent["Proxy-Authorization"].removeprefix("Basic "))
    assert credentials.decode("latin-1") == f"user:{unquote(written)}"


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, '{"ok": false, "description": "Unauthorized"}', "Unauthorized: the token is no bot's any more"),
        (403, '{"ok": false, "description": "Forbidden"}', "Forbidden: add the bot to the chat"),
        (404, '{"ok": false, "description": "Not Found"}', "Not Found: see whether the token is whole, and base_url"),
        (400, f'{{"ok": false, "description": "no /bot{BOT_TOKEN}/sendMessage"}}', "no /bot***/sendMessage"),
        (500, f'{{"ok": false, "description": "{"x" * 1000}\\n{BOT_TOKEN}"}}', "HTTP 500: xxx"),
        (429, '{"ok": false, "description": "slow", "parameters": [1]}', "slow"),
        (429, '{"ok": false, "description": "slow", "parameters": {"retry_after": "soon"}}', "slow"),
        (429, '{"ok": false, "description": "slow", "parameters": {"retry_after": -5}}', "slow"),
        *[
            (429, f'{{"ok": false, "description": "slow", "parameters": {{"retry_after": {pause}}}}}', "slow")
            for pause in ("NaN", "Infinity", f"1{'0' * 400}", "true", "null")
        ],
        (200, "[" * 100_000, "HTTP 200 without the Bot API's JSON"),
        (200, '{"ok": false}', "HTTP 200: None"),
        *[(status, "<h1>Denied</h1>", f"HTTP {status} without the Bot API's JSON") for status in (200, 302, 403, 407)],
        *[
            (404, body, "HTTP 404 without the Bot API's JSON: see if base_url and the pro")
            for body in ("[]", "1", "{}")
        ],
    ],
)
def test_an_answer_of_any_shape_is_told_in_one_line(
    logs: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    server: Answers,
    status: int,
    body: str,
    told: str,
) -> None:
    monkeypatch.setattr(telegram, "LEAST_SECONDS", telegram.MESSAGE_SECONDS)
    connect(monkeypatch, {"base_url": f"{server.url}/bot"})
    server.status, server.body = status, body
    line = complaint(logs)
    assert line.endswith(f" (at {server.url})")
    assert told in line


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_proxy_that_does_not_let_us_through_is_named(
    logs: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    server: Answers,
    unused_port: int,
    scheme: str,
    is_there: bool,
) -> None:
    monkeypatch.setattr(telegram, "LEAST_SECONDS", telegram.MESSAGE_SECONDS)
    server.status, server.body = 407, "Denied"
    port, reason = (server.server_port, "407") if is_there else (unused_port, "Connection refused")
    base_url, proxy = f"{scheme}://api.telegram.invalid/bot", f"http://127.0.0.1:{port}"
    connect(monkeypatch, {"base_url": base_url, "proxy": proxy})
    told = complaint(logs)
    way = f" (at {base_url.removesuffix('/bot')}, through "
    assert told.endswith(f"{way}proxy in the extra of the connection telegram_default)")
    assert reason in told
    connect(monkeypatch, {"base_url": base_url, "proxy": None})
    monkeypatch.setenv(f"{scheme}_proxy", proxy.removeprefix("http://"))
    told = complaint(logs)
    assert told.endswith(f"{way}{scheme}_proxy)")
    assert reason in told


def test_a_port_that_speaks_something_else_is_named(
    logs: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, server: Answers
) -> None:
    connect(monkeypatch, {"base_url": f"{server.url.replace('http', 'https')}/bot"})
    assert "SSL" in complaint(logs)


class Socks(socketserver.ThreadingTCPServer):
    """A SOCKS5 proxy without passwords, which leads to one port whatever it is asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.port, self.asked_for = port, b""


class Tunnel(socketserver.StreamRequestHandler):
    rbufsize = 0

    def handle(self) -> None:
        server: Any = self.server
        self.rfile.read(self.rfile.read(2)[1])  # its ways to log in
        self.wfile.write(b"\5\0")
        self.rfile.read(4)  # connect to a name
        server.asked_for = self.rfile.read(self.rfile.read(1)[0])
        self.rfile.read(2)  # port
        self.wfile.write(b"\5\0\0\1" + bytes(6))
        with socket.create_connection(("127.0.0.1", server.port)) as there:
            Thread(target=shutil.copyfileobj, args=(self.rfile, there.makefile("wb", buffering=0)), daemon=True).start()
            shutil.copyfileobj(there.makefile("rb", buffering=0), self.wfile)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_socks_proxy_takes_the_message_or_is_named(
    logs: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    unused_port: int,
    is_there: bool,
) -> None:
    """As socks5h it looks the name up, too: where Telegram is blocked, so are its names."""
    monkeypatch.setattr(telegram, "LEAST_SECONDS", telegram.MESSAGE_SECONDS)
    with Socks(sandbox.port) as proxy:
        Thread(target=proxy.serve_forever, args=(0.01,), daemon=True).start()
        port = proxy.server_address[1] if is_there else unused_port
        url = f"socks5h://127.0.0.1:{port}"
        connect(monkeypatch, {"base_url": "http://api.telegram.invalid/bot", "proxy": url})
        if is_there:
            TelegramHook().send_message(HELLO)
            assert (len(sandbox.messages()), proxy.asked_for) == (1, b"api.telegram.invalid")
        else:
            assert "proxy in the extra of the connection telegram_default)" in complaint(logs)
        proxy.shutdown()
