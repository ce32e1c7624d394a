"""Starts, stops and finds the sandbox."""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import requests
from filelock import FileLock

from zakaz.cli import background
from zakaz.environment import SANDBOX_PORT, sandbox_connections, sandbox_state, uses_sandbox
from zakaz.errors import InvalidInput, TransientError
from zakaz.settings import PROJECT_DIR, state_dir

DEFAULT_SEED = 1
START_SECONDS = 20


@dataclass(frozen=True)
class Running:
    """The running sandbox of this project."""

    url: str
    pid: int
    seed: int

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rsplit(":", 1)[1])


def folder() -> Path:
    """The folder for the sandbox's log, messages and state."""
    path = state_dir() / "sandbox"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def running() -> Running | None:
    """The sandbox of this project, if it answers.

    It must confirm its pid and this project's folder, since a copied checkout has the state file of the original.
    """
    state = sandbox_state(os.environ)
    try:
        health = requests.get(f"{state['url']}/sandbox/health", timeout=3).json()
        found = Running(state["url"], health["pid"], health["seed"])
        is_ours = (found.pid, health["state_dir"]) == (state["pid"], str(folder()))
    except (ValueError, KeyError, TypeError, requests.RequestException):
        return None
    return found if is_ours else None


def use() -> Running | None:
    """Start the sandbox if this environment uses it, and point this process's connections to it.

    :returns: None if the environment has real sources.
    :raises TransientError: it does not start.
    """
    if not uses_sandbox(os.environ):
        return None
    found = start()
    for name, value in sandbox_connections(os.environ).items():
        # Keep what the user has set, such as a real Telegram connection.
        if re.sub(r"http://127\.0\.0\.1:\d+", found.url, os.environ.get(name, "")) == value:
            os.environ[name] = value
    return found


def require() -> None:
    """For unattended commands: use made-up figures only if the sandbox was started deliberately.

    :raises InvalidInput: the environment has no real source, and the sandbox is not running.
    """
    if uses_sandbox(os.environ) and not running():
        raise InvalidInput(
            "no source is set in the environment or .env, and the sandbox does not run: set the connections; or "
            "ZAKAZ_SANDBOX=0, if Airflow or a secrets backend has them; or bin/zakaz sandbox start for made-up figures"
        )


def start(port: int | None = None, seed: int | None = None) -> Running:
    """Start the sandbox in the background, or return the running one.

    :param port: by default the last one used, or a free one if that is taken.
    :param seed: the seed of the made-up data, 1 by default.
    :raises InvalidInput: the requested port is taken, or a sandbox is running with another port or seed.
    :raises TransientError: it does not start.
    """
    with FileLock(folder() / "start.lock"):
        return _start(port, seed)


def stop() -> bool:
    """Stop the sandbox; whether one was running."""
    found = running()
    process = background.find(found.pid, "sandbox") if found else None
    if process:
        background.stop([process])
    return bool(process)


def command(port: int, seed: int) -> list[str]:
    """The command line of the sandbox."""
    arguments = ["--port", str(port), "--seed", str(seed), "--state-dir", str(folder())]
    return [sys.executable, "-m", "sandbox", *arguments]


def program_environment() -> dict[str, str]:
    """The environment of the sandbox, with its package on the PYTHONPATH."""
    path = os.pathsep.join(filter(None, [str(PROJECT_DIR / "infra"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def _start(port: int | None, seed: int | None) -> Running:
    if found := running():
        if port not in (None, found.port) or seed not in (None, found.seed):
            raise InvalidInput(
                f"the sandbox runs at {found.url} with seed {found.seed} already: bin/zakaz sandbox stop first"
            )
        return found
    before, log = sandbox_state(os.environ).get("url"), folder() / "sandbox.log"
    for candidate in [port] if port else [_last_port(), 0]:
        process = background.start(command(candidate, seed or DEFAULT_SEED), log, program_environment())
        if url := _ready_url(process, log):
            note = folder() / "state.json"
            unfinished = note.with_suffix(".part")
            unfinished.write_text(json.dumps({"url": url, "pid": process.pid}), encoding="utf-8")
            unfinished.replace(note)
            if before not in (None, url):
                print(
                    f"sandbox: it listens at {url} now, since {before} was taken. A running Airflow still uses the old "
                    "address: make down, make up",
                    file=sys.stderr,
                )
            return Running(url, process.pid, seed or DEFAULT_SEED)
    if port:
        raise InvalidInput(f"--port {port}: the sandbox can't listen there; see {log}")
    raise TransientError(f"the sandbox does not start; see {log}")


def _ready_url(process: "subprocess.Popen[bytes]", log: Path) -> str | None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_text(encoding="utf-8").splitlines():
            if line.startswith("ready "):
                return line.removeprefix("ready ").strip()
        time.sleep(0.1)
    process.kill()
    return None


def _last_port() -> int:
    last = sandbox_state(os.environ).get("url", "").rpartition(":")[2]
    return int(last) if last.isdigit() else SANDBOX_PORT
