"""The status page in a browser: by mouse, by keyboard, dark, on a phone, without the warehouse."""

import pytest

from status_page.chromium import Browser
from status_page.made_history import is_due
from status_page.served import Served
from zakaz.days import last_complete_day

pytestmark = pytest.mark.timeout(300)
# The colours of a canvas, without those that are nearly there already.
COLOURS = """[...document.querySelectorAll('.zk-chart canvas')].map(canvas => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const found = new Set();
    for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] > 200) found.add(pixels.slice(at, at + 3).join());
    return found.size;
})"""
BACKGROUND = "getComputedStyle(document.querySelector('.zk-card')).backgroundColor"
BRIGHTNESS = f"({BACKGROUND}).match(/[0-9.]+/g).slice(0, 3).map(Number).reduce((sum, one) => sum + one) / 3"


@pytest.fixture
def page(served: Served, browser: Browser) -> Browser:
    assert browser.go(f"{served.url}/zakaz/status") == 200
    browser.until("document.querySelectorAll('.zk-chart canvas').length === 4")
    return browser


def panel(browser: Browser) -> str:
    return str(browser.run("document.getElementById('day').innerText"))


def cell(back: int, job: str) -> str:
    """The calendar's cell of a stage, so many days back."""
    day = f"document.querySelectorAll('.zk-calendar th[data-day]')[59 - {back}].dataset.day"
    return f"`button.zk-cell[data-job={job}][data-day='${{{day}}}']`"


def selector(browser: Browser, back: int, job: str) -> str:
    return str(browser.run(cell(back, job)))


def test_it_is_drawn_from_this_server_alone_and_complains_of_nothing(served: Served, page: Browser) -> None:
    assert page.asked_hosts() == {f"127.0.0.1:{served.port}"}
    # Airflow's own main.js stumbles over a form that is not there.
    assert [text for text in page.complaints() if "main." not in text] == []
    assert all(found > 5 for found in page.run(COLOURS)), "line, band, marks"
    assert page.run("document.title") == "Zakaz: статус", "a text of the registry ran as a script"


def test_a_cell_tells_of_its_day_by_mouse(page: Browser) -> None:
    assert "идёт" in panel(page)
    page.hover(selector(page, 9, "vk_fetch"))
    told = panel(page)
    assert "HTTP 503" in told
    assert "журнал" in told
    assert "не загружено" in told
    page.hover("h1")
    assert "HTTP 503" not in panel(page)
    page.click(selector(page, 9, "vk_fetch"))
    page.hover("h1")
    assert "HTTP 503" in panel(page)
    assert page.run("location.search").startswith("?day=")


def test_a_cell_tells_of_its_day_by_keyboard(page: Browser) -> None:
    for _ in range(40):
        page.press("Tab")
        if page.run("document.activeElement.matches('button.zk-cell')"):
            break
    assert page.run("document.activeElement.dataset.job") == "vk_fetch"
    for _ in range(9):
        page.press("ArrowLeft")
    page.press("ArrowDown")
    assert page.run(f"document.activeElement.matches({cell(9, 'qtickets_fetch')})")
    assert "HTTP 503" in panel(page)
    # One cell alone is on the way of the Tab key.
    assert page.run("document.querySelectorAll('button.zk-cell[tabindex=\"0\"]').length") == 1


def test_all_is_within_reach_of_the_tab_key_and_shows_its_focus(page: Browser) -> None:
    wanted = "main :is(a, summary, .zk-chart, button.zk-cell[tabindex='0'])"
    visible = page.run(f"[...document.querySelectorAll({wanted!r})].filter(one => one.checkVisibility()).length")
    page.run(f"window.reached = new Set(); window.wanted = {wanted!r}")
    for _ in range(visible + 3):
        page.press("Tab")
        ring = "getComputedStyle(document.activeElement).outline"
        assert page.run(
            f"document.activeElement.matches(wanted) ? (reached.add(document.activeElement), {ring}.includes('solid'))"
            " : !document.activeElement.closest('main')"
        ), page.run("document.activeElement.outerHTML")
    assert page.run("reached.size") == visible > 20


def test_a_day_tells_what_the_sources_restated(page: Browser) -> None:
    assert "не уточняли" in panel(page)
    page.click(selector(page, 20, "vk_fetch"))
    assert "VK Реклама · Расход VK 17 000 → 17 410 ₽" in panel(page).replace("\N{NO-BREAK SPACE}", " ")


def test_a_chart_is_read_by_keyboard(page: Browser) -> None:
    page.run("document.querySelector('.zk-chart[data-metric=spend]').focus()")
    for _ in range(6):
        page.press("ArrowLeft")
    assert "необычно" in page.run("document.querySelector('.zk-chart[data-metric=spend] output').innerText")
    page.press("Enter")
    assert "необычно" in panel(page)


def test_colours_never_stand_alone(page: Browser) -> None:
    signs = page.run(
        "Object.fromEntries([...document.querySelectorAll('button.zk-cell')]"
        ".map(cell => [cell.className.match(/zk-(good|red|running|missing|waiting|none)/)[1], cell.innerText]))"
    )
    assert len(set(signs.values())) == len(signs) == (5 if is_due() else 6)
    assert all(signs.values())
    assert page.run("[...document.querySelectorAll('button.zk-cell')].every(cell => cell.ariaLabel.includes(': '))")


def test_dark_as_the_system_or_as_airflow(served: Served, browser: Browser) -> None:
    def brightness() -> float:
        browser.go(f"{served.url}/zakaz/status")
        return float(browser.run(BRIGHTNESS))

    browser.prefer("light")
    assert brightness() > 200
    browser.prefer("dark")
    browser.run("localStorage.removeItem('theme')")
    assert brightness() < 80
    browser.run("localStorage.setItem('theme', 'light')")
    assert brightness() > 200, "Airflow's own choice wins"


def test_in_airflows_frame_it_has_airflows_colours_and_changes_with_them(served: Served, browser: Browser) -> None:
    browser.prefer("light")
    browser.go(f"{served.url}/plugin/zakaz-status")
    inner = "document.querySelector('iframe').contentDocument"
    browser.until(f"document.querySelector('iframe') && {inner}.querySelectorAll('.zk-chart canvas').length === 4")
    colours = (
        f"(() => {{ const found = [document, {inner}].map(page => {{ const probe = page.createElement('i'); "
        "probe.style.color = 'var(--chakra-colors-bg)'; page.body.append(probe); "
        "const colour = getComputedStyle(probe).color; probe.remove(); return colour; }); "
        f"return [...found, getComputedStyle({inner}.body).backgroundColor]; }})()"
    )
    assert len(set(light := browser.run(colours))) == 1
    # As Airflow's own switch does in another window.
    browser.run("localStorage.setItem('theme', 'dark')")
    browser.run("dispatchEvent(new StorageEvent('storage', {key: 'theme', newValue: 'dark'})) && null")
    browser.until(f"{inner}.documentElement.dataset.zkTheme === 'dark'")
    assert len(set(dark := browser.run(colours))) == 1
    assert dark != light


@pytest.mark.parametrize("width", [360, 390, 820])
def test_it_fits_a_phone(served: Served, browser: Browser, width: int) -> None:
    browser.size(width, 800, mobile=True)
    browser.go(f"{served.url}/zakaz/status")
    assert browser.run("document.documentElement.scrollWidth") == width
    assert browser.run("[...document.querySelectorAll('.zk-plot')].every(plot => plot.clientWidth > 250)")
    newest = browser.run(f"document.querySelector({cell(0, 'vk_fetch')}).getBoundingClientRect().right")
    assert newest <= width, "the newest days are in sight"


def test_the_button_leads_whoever_may_backfill_to_the_form(served: Served, page: Browser) -> None:
    assert "может тот, кому разрешено" in panel(page)
    assert page.run("document.querySelector('#day a.zk-primary')") is None
    for cookie in served.login("admin").cookies:
        page.cookie(served.url, cookie.name, cookie.value or "")
    page.go(f"{served.url}/zakaz/status")
    page.click(selector(page, 9, "vk_fetch"))
    day = page.run("new URLSearchParams(location.search).get('day')")
    assert day < str(last_complete_day())
    page.click("#day a.zk-primary")
    page.until("location.pathname.startsWith('/dags/zakaz_backfill')")


def test_the_page_waits_for_a_warehouse_that_is_away(served: Served, browser: Browser) -> None:
    with served.holding():
        assert browser.go(f"{served.url}/zakaz/status") == 503
        assert "занято" in browser.run("document.querySelector('.zk h2').innerText")
        assert browser.run("Number(document.querySelector('.zk').dataset.retry)") > 0
