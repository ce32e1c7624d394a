"""A headless Chromium, driven through its own pipe (the DevTools protocol): no driver, no package."""

import base64
import contextlib
import json
import multiprocessing.connection
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--disable-extensions", "--hide-scrollbars", "--remote-debugging-pipe",
    # Nothing but this machine: the page has to work without the internet.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip
ANSWER_SECONDS = 30
KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Enter": 13, "Tab": 9}


def program() -> str | None:
    """Where Chromium is, if it is."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One window.

    :param process: of Chromium. :param to_it, from_it: the ends of its pipes.
    """

    def __init__(self, process: subprocess.Popen[bytes], to_it: int, from_it: int) -> None:
        self._process, self._to, self._from = process, to_it, from_it
        self._rest = b""
        self._number = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")
        self.size(1360, 900)

    def size(self, width: int, height: int, *, mobile: bool = False) -> None:
        """Set the window's size in CSS pixels."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def prefer(self, scheme: str) -> None:
        """Say that the system is `light` or `dark`."""
        self._ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def cookie(self, url: str, name: str, value: str) -> None:
        """Put a cookie into the browser, as a login does."""
        self._ask("Network.setCookie", url=url, name=name, value=value, path="/", httpOnly=True)

    def go(self, url: str) -> int:
        """Open an address and wait until all of it is there; the HTTP status."""
        self.events.clear()
        frame = self._ask("Page.navigate", url=url)["frameId"]
        self._until(lambda: any(event["method"] == "Page.loadEventFired" for event in self.events), url)
        replies = [
            event["params"]["response"]["status"]
            for event in self.events
            if event["method"] == "Network.responseReceived"
            and event["params"]["type"] == "Document"
            and event["params"]["frameId"] == frame
        ]
        return int(replies[-1])

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait for an expression to be true; its value."""
        found: list[Any] = []

        def is_true() -> bool:
            with contextlib.suppress(AssertionError):  # the page is just being changed for another
                found[:] = [self.run(script)]
            return bool(found and found[0])

        self._until(is_true, script)
        return found[0]

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        for kind in ("rawKeyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=KEYS[key])

    def hover(self, selector: str) -> None:
        """Move the mouse over an element."""
        x, y = self._middle(selector)
        self._ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, selector: str) -> None:
        """Click on an element with the mouse."""
        x, y = self._middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """The page as PNG, for a human to look at: the whole of it, or what the window shows."""
        shot = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """What the console of the last page holds: exceptions, refused and failed loads."""
        told = [event["params"] for event in self.events if event["method"] == "Log.entryAdded"]
        thrown = [event["params"] for event in self.events if event["method"] == "Runtime.exceptionThrown"]
        return [one["entry"]["text"] for one in told if one["entry"]["level"] == "error"] + [str(one) for one in thrown]

    def asked_hosts(self) -> set[str]:
        """The hosts that the last page asked for anything."""
        urls = [
            event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"
        ]
        return {url.split("/")[2] for url in urls if "://" in url}

    def _middle(self, selector: str) -> tuple[float, float]:
        box = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); "
            "e.scrollIntoView({block: 'center', inline: 'center'}); const b = e.getBoundingClientRect(); "
            "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        return box[0], box[1]

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": params}
        if self._session:
            asked["sessionId"] = self._session
        os.write(self._to, json.dumps(asked).encode() + b"\0")
        while True:
            said = self._next(ANSWER_SECONDS)
            assert said is not None, f"Chromium does not answer {method}"
            if said.get("id") == self._number:
                assert "error" not in said, said["error"]
                result: dict[str, Any] = said["result"]
                return result
            if "method" in said:
                self.events.append(said)

    def _until(self, is_so: Any, what: str) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, f"not within {ANSWER_SECONDS} s: {what}; {self.complaints()}"
            said = self._next(0.1)
            if said and "method" in said:
                self.events.append(said)

    def _next(self, seconds: float) -> dict[str, Any] | None:
        while b"\0" not in self._rest:
            if not multiprocessing.connection.wait([self._from], seconds):
                return None
            more = os.read(self._from, 1 << 20)
            assert more, "Chromium ended"
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\0")
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a profile of its own, ended with the block."""
    to_it, for_us = os.pipe(), os.pipe()
    path = program()
    assert path

    def pipes() -> None:
        # Chromium reads at 3 and writes at 4. First out of the way, since either may be one of ours.
        reading, writing = os.dup(to_it[0]), os.dup(for_us[1])
        reading, writing = (os.dup2(end, end + 64) for end in (reading, writing))
        os.dup2(reading, 3)
        os.dup2(writing, 4)

    with tempfile.TemporaryDirectory(prefix="zakaz-chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={profile}"],
            preexec_fn=pipes,  # noqa: PLW1509 - the pipes have fixed numbers
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_it[0])
        os.close(for_us[1])
        try:
            yield Browser(process, to_it[1], for_us[0])
        finally:
            process.kill()
            process.wait()
            os.close(to_it[1])
            os.close(for_us[0])
