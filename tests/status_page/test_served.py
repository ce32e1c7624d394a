"""The status page on a running server: who sees it, and what they are told if the warehouse is away."""

import time

import pytest
import requests

from status_page.made_history import MARKUP, is_due
from status_page.served import Served

pytestmark = pytest.mark.timeout(300)
PATH = "/zakaz/status"


def test_who_is_not_logged_in_is_asked_to_and_comes_back(served: Served) -> None:
    answer = requests.get(served.url + PATH, allow_redirects=False, timeout=30)
    assert answer.status_code in (302, 307)
    assert "/login" in answer.headers["Location"]
    assert "zakaz" in answer.headers["Location"]
    assert "zk-" not in answer.text


def test_who_may_not_see_the_dag_does_not_see_the_page(served: Served) -> None:
    answer = requests.get(served.url + PATH, cookies={"_token": "made.up.token"}, timeout=30)
    assert answer.status_code == 403
    assert "zk-" not in answer.text


@pytest.mark.parametrize("user", ["admin", "viewer"])
def test_a_viewer_sees_the_page_and_its_entry_in_the_menu(served: Served, user: str) -> None:
    session = served.login(user)
    answer = session.get(served.url + PATH, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Данных не хватает" in answer.text) is is_due()
    assert "vk_fetch" in answer.text
    token = {"Authorization": f"Bearer {session.cookies['_token']}"}
    plugins = session.get(f"{served.url}/api/v2/plugins", headers=token, timeout=30).json()["plugins"]
    (ours,) = (plugin for plugin in plugins if plugin["name"] == "zakaz")
    assert [(view["href"], view["destination"]) for view in ours["external_views"]] == [(PATH, "nav")]
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_no_text_of_the_registry_becomes_markup(served: Served) -> None:
    page = served.login("viewer").get(served.url + PATH, timeout=30).text
    assert MARKUP not in page
    assert "&lt;script&gt;document.title" in page
    assert "\\u003cscript\\u003edocument.title" in page, "what the scripts read"


def test_it_says_who_has_the_warehouse(served: Served) -> None:
    session = served.login("viewer")
    with served.holding():
        started = time.monotonic()
        answer = session.get(served.url + PATH, timeout=30)
        assert time.monotonic() - started < 15
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Хранилище сейчас занято" in answer.text
    assert str(served.folder) in answer.text
    assert session.get(served.url + PATH, timeout=30).status_code == 200
