"""Programs in the background: each starts as the head of a process group, and is stopped with all of it."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

STOP_SECONDS = 30


def start(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a program that outlives this one and its terminal; the log has only its output."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )


def find(pid: int, name: str) -> psutil.Process | None:
    """The process, if it is alive and the name is in its command line: numbers are used again."""
    try:
        process = psutil.Process(pid)
        # Airflow's server calls itself `api_server`.
        is_it = name in " ".join(process.cmdline()).replace("_", "-") and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if is_it else None


def stop(processes: Sequence[psutil.Process]) -> None:
    """End programs that `start` began; what does not end in time is killed."""
    for process in processes:
        os.killpg(process.pid, signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=STOP_SECONDS)
    for process in alive:
        os.killpg(process.pid, signal.SIGKILL)
