"""The sandbox as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

INFRA = Path(__file__).parents[2] / "infra"


def started(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--state-dir", str(folder), *more],
        env={**os.environ, "PYTHONPATH": str(INFRA)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_its_address_and_stops_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with started(tmp_path, "--port", "0", "--ads", "5", "--fault", "vk_ads:500:1") as process:
        assert process.stdout is not None
        ready, url = process.stdout.readline().split()
        assert ready == "ready"
        assert requests.get(f"{url}/api/v2/user.json", timeout=5).status_code == 500
        assert requests.get(f"{url}/sandbox/health", timeout=5).json()["ads"] == 5
        port = url.rpartition(":")[2]
        with started(tmp_path, "--port", port) as second:
            _, complaint = second.communicate(timeout=10)
        assert second.returncode == 1
        assert complaint == f"sandbox: cannot listen on port {port}: Address already in use\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "stopped\n", "")


@pytest.mark.parametrize("wrong", [("--ads", "0"), ("--port", "70000"), ("--fault", "vk:500"), ("--fault", "vk_ads:5")])
def test_bad_arguments_get_one_line(tmp_path: Path, wrong: tuple[str, str]) -> None:
    with started(tmp_path, *wrong) as process:
        _, complaint = process.communicate(timeout=10)
    assert process.returncode == 1
    assert complaint.count("\n") == 1
    assert "allowed: " in complaint
