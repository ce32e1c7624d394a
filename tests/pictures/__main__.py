"""The pictures of the README, each of something that happened: a backfill, a digest, a failure, on the sandbox.

make pictures. Airflow's home, its database and the warehouse are in a folder of their own, which goes at the end.
"""

import base64
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from sandbox import BOT_TOKEN, CLIENT_ID, CLIENT_SECRET, QTICKETS_TOKEN, Sandbox
from status_page.chromium import Browser, chromium
from status_page.served import Served
from zakaz.days import last_complete_day
from zakaz.settings import PROJECT_DIR

FOLDER = PROJECT_DIR / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 720
MESSAGE_WIDTH = 560
# As a user chooses them in Airflow's UI, which keeps them in the browser.
CHOICES = {
    "timezone": json.dumps("Europe/Moscow"),
    "zakaz_etl/open-groups": json.dumps(["fetch"]),
    "react-resizable-panels:grid-ltr": json.dumps(
        {"details-panel,main-panel": {"expandToSizes": {}, "layout": [55, 45]}}
    ),
}
GRID = "document.body.innerText.includes('Проверка данных')"
STATUS = "document.querySelector('iframe')?.contentDocument.querySelectorAll('.zk-chart canvas').length === 4"
# Where people open Airflow and the runbook: Telegram takes no button to an address of this machine.
ADDRESSES = {
    "AIRFLOW__API__BASE_URL": "https://airflow.example.com",
    "RUNBOOK_URL": "https://wiki.example.com/zakaz-etl/runbook",
}
# Drawn, since a machine may have no font with them.
LIGHTS = {"🔴": "red", "🟡": "yellow", "🟢": "green"}
DIGEST = """
from zakaz.alerts.digest import send_digest
from zakaz.days import last_complete_day
from zakaz.warehouse.hook import WarehouseHook
send_digest(WarehouseHook(), last_complete_day())
"""


def main() -> None:
    """Let it all happen, and take the pictures on the way."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="zakaz-pictures-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        with Sandbox(state_dir=home / "sandbox") as sandbox, chromium() as browser:
            place = Served(home, lambda _: None, _connections(sandbox))
            _history(place, sandbox)
            _message(browser, sandbox, "digest", lambda: place.call("-c", DIGEST))
            with place.running(AIRFLOW__API__BASE_URL=place.url):
                _log_in(browser, place)
                _page(browser, f"{place.url}/dags/zakaz_etl", "grid", GRID)
                _page(browser, f"{place.url}/plugin/zakaz-status", "status-light", STATUS)
            sandbox.fault("vk_ads", "500")
            _message(browser, sandbox, "alert", lambda: _fails(place, "-m", "zakaz.cli", "run"))
            with place.running(AIRFLOW__API__BASE_URL=place.url):
                browser.prefer("dark")
                _page(browser, f"{place.url}/plugin/zakaz-status", "status-dark", STATUS)


def _connections(sandbox: Sandbox) -> dict[str, str]:
    """The sandbox as every source, and as Telegram; addresses for the buttons; no channel of the developer's .env."""
    bot = {"host": "-1001", "password": BOT_TOKEN, "extra": {"base_url": f"{sandbox.url}/bot"}}
    named = {
        "VK_ADS": {"conn_type": "vk-ads", "host": sandbox.url, "login": CLIENT_ID, "password": CLIENT_SECRET},
        "QTICKETS": {"conn_type": "qtickets", "host": sandbox.url, "password": QTICKETS_TOKEN},
        "TELEGRAM": {"conn_type": "telegram", **bot},
    }
    found = {f"AIRFLOW_CONN_{name}_DEFAULT": json.dumps(value) for name, value in named.items()}
    return {**found, **ADDRESSES, "FALLBACK_URL": "", "PING_URL": "", "ZAKAZ_VENV": sys.prefix}


def _history(place: Served, sandbox: Sandbox) -> None:
    """Ten weeks, the last days by Airflow's own backfill; then VK restates its ads, and a backfill takes that over."""
    last = last_complete_day()
    day = [str(last - timedelta(days=back)) for back in range(70)]
    place.call("-m", "airflow", "pools", "import", str(PROJECT_DIR / "infra" / "airflow" / "pools.json"))
    place.call("-m", "zakaz.cli", "backfill", "--from", day[69], "--to", day[10])
    place.call("-m", "zakaz.cli.dags_backfill", "-s", day[9], "-e", day[0], "zakaz_etl")
    for ad in sandbox.ads():
        sandbox.patch_ad(ad["id"], spend_factor="1.02")
    reason = "VK пересчитал показы"
    place.call("-m", "zakaz.cli", "backfill", "--from", day[4], "--to", day[0], "--reason", reason)


def _fails(place: Served, *arguments: str) -> None:
    """Run Python in the installation, which has to fail."""
    ended = subprocess.run([sys.executable, *arguments], env=place.environment, capture_output=True, check=False)
    assert ended.returncode, "the fault did nothing"


def _log_in(browser: Browser, place: Served) -> None:
    browser.prefer("light")
    browser.cookie(place.url, "_token", place.login("admin").cookies["_token"])
    # On a page without Airflow's scripts, which would put back their own.
    browser.go(f"{place.url}/api/v2/version")
    browser.run(f"Object.entries({json.dumps(CHOICES)}).forEach(([name, value]) => localStorage.setItem(name, value))")


def _page(browser: Browser, url: str, name: str, drawn: str) -> None:
    """What the window shows of a page of Airflow.

    :param drawn: what is true in the browser as soon as all of it is there.
    """
    browser.go(url)
    browser.until(drawn)
    browser.run("new Promise(done => setTimeout(done, 3000))")  # Airflow's own charts move for a while
    browser.picture(FOLDER / f"{name}.png", whole=False)


def _message(browser: Browser, sandbox: Sandbox, name: str, happens: Callable[[], None]) -> None:
    """The last message that something sent to the Bot API, as a messenger shows it."""
    happens()
    message = sandbox.messages()[-1]
    photo = message.get("photo")
    text = re.sub("[🔴🟡🟢]", lambda light: f'<i class="light {LIGHTS[light[0]]}"></i>', message["text"])
    shown = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True).get_template("message.html")
    page = shown.render(
        text=Markup(text),  # the sandbox's Bot API parsed it
        photo=f"data:image/png;base64,{base64.b64encode(Path(photo).read_bytes()).decode()}" if photo else "",
        buttons=[label for label, _ in message.get("buttons", ())],
        time=message["received_at"][11:16],
    )
    browser.size(MESSAGE_WIDTH, 100)
    browser.run(f"document.open(), document.write({json.dumps(page)}), document.close()")
    browser.picture(FOLDER / f"{name}.png")
    browser.size(WIDTH, HEIGHT)


if __name__ == "__main__":
    main()
