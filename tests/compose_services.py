"""The services of docker-compose.yaml as processes of this machine, at its addresses."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from compose_file import raw, resolved

SERVICES = raw()["services"]
# What the file gives the scheduler to let its tasks end; then Docker kills.
STOP_SECONDS = 120


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def within(seconds: float, what: Callable[[], str], done: Callable[[], Any]) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what()}"
        time.sleep(0.5)


class Services:
    """They are started, asked for their health and stopped by what the file says.

    :param folder: an empty one, for their logs.
    :param replaced: what of this machine stands for an address or a path of the containers.
    :param given: the variables of .env.
    :param beside: what the processes get instead of what the file gives them.
    """

    def __init__(self, folder: Path, replaced: dict[str, str], given: dict[str, str], beside: dict[str, str]) -> None:
        self._folder, self._replaced, self._given, self._beside = folder, replaced, given, beside
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str, **given: str) -> None:
        """Start services, with further variables of .env."""
        for name in names:
            self._start(name, name, self._environment(name, given))

    def start_second(self, name: str, **beside: str) -> None:
        """Start one more of a service, as `second-{name}`, with variables of its own."""
        self._start(f"second-{name}", name, {**self._environment(name, {}), **beside})

    def _start(self, key: str, name: str, environment: dict[str, str]) -> None:
        with (self._folder / f"{key}.log").open("ab") as log:
            self._running[key] = subprocess.Popen(
                [self._here(word) for word in SERVICES[name]["command"]],
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def end(self, name: str) -> None:
        """Wait for a service that ends by itself."""
        within(180, lambda: f"{name} ends; {self.log()}", lambda: self._running[name].poll() is not None)
        assert self._running.pop(name).returncode == 0, self.log()

    def wait_until_healthy(self, *names: str) -> None:
        """Wait until the health check of each says so."""
        for name in names:
            within(180, lambda name=name: f"{name} is healthy; {self.log()}", lambda name=name: self._is_healthy(name))

    def stop(self, *names: str) -> None:
        """Stop services, the last one first; all, if none is named."""
        for name in reversed(names or list(self._running)):
            process = self._running.pop(name)
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                running = subprocess.run(
                    ["ps", "-e", "-o", "sid,pid,etimes,args"], capture_output=True, text=True
                ).stdout
                os.killpg(process.pid, 9)
                pytest.fail(f"{name} does not stop; {self.log()}\n{running}")

    def log(self) -> str:
        return "\n".join(
            f"{file.name}: {file.read_text(errors='replace')[-1500:]}" for file in self._folder.glob("*.log")
        )

    def _is_healthy(self, name: str) -> bool:
        assert self._running[name].poll() is None, self.log()
        kind, *test = SERVICES[name]["healthcheck"]["test"]
        command = [self._here(word).replace("$$", "$") for word in test]
        ended = subprocess.run(
            command[0] if kind == "CMD-SHELL" else command,
            shell=kind == "CMD-SHELL",
            env={**self._environment(name, {}), "HOSTNAME": socket.gethostname()},
            capture_output=True,
        )
        return ended.returncode == 0

    def _environment(self, name: str, given: dict[str, str]) -> dict[str, str]:
        known = {**self._given, **given}
        written = {key: self._here(resolved(value, known)) for key, value in SERVICES[name]["environment"].items()}
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "ZAKAZ"))}
        return {**inherited, **written, **self._beside}

    def _here(self, text: str) -> str:
        for there, here in self._replaced.items():
            text = text.replace(there, here)
        return text
