"""Background programs: each is started as the leader of a process group, and stopped with the whole group."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

STOP_SECONDS = 30


def start(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a program that outlives this one and its terminal; the log file is overwritten."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
        )


def find(pid: int, name: str) -> psutil.Process | None:
    """The process, if it is alive and its command line contains the name, since pids are reused."""
    try:
        process = psutil.Process(pid)
        # Airflow's server renames itself to `api_server`.
        is_it = name in " ".join(process.cmdline()).replace("_", "-") and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if is_it else None


def stop(processes: Sequence[psutil.Process]) -> None:
    """Terminate programs that `start` started, and kill those that don't exit in time."""
    for process in processes:
        os.killpg(process.pid, signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=STOP_SECONDS)
    for process in alive:
        os.killpg(process.pid, signal.SIGKILL)
