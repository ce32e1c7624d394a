"""The commands of the documents, run as they stand in an installation of their own with the sandbox as source.

Those of `sh` blocks, and those that README.md has between backticks as far as they can run here.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from docs.conftest import DOCUMENTS, lines, spoken
from faults.installation import Installation
from sandbox import Sandbox
from zakaz.environment import SANDBOX_PORT
from zakaz.settings import PROJECT_DIR

LONG = ("bin/zakaz backfill ", "bin/airflow dags backfill ")
# The first is what .ci/run does, the second needs a server (tests/infra/test_backup.py).
ELSEWHERE = ("bin/zakaz run", "bin/zakaz backup")
SPOKEN = [line for line in spoken(DOCUMENTS["README.md"]) if line.startswith("bin/") and not re.search("…|NAME", line)]
SHORT = [*lines(""), *(line for line in SPOKEN if not line.startswith(LONG))]
AS_THEY_STAND = dict.fromkeys(line for line in SHORT if not line.startswith(ELSEWHERE))
PLANNED = dict.fromkeys([*lines("long"), *(line for line in SPOKEN if line.startswith(LONG))])
# What these say by their exit code.
ANSWERS = {
    "status": {0, 1, 2},
    "alerts": {0, 2},
    "healthcheck": {0, 2},
    "audit": {0, 1, 2},
    "gaps": {0, 2},
    "watchdog": {0, 2},
    "sandbox": {0, 1},
}
MAIN = """
import contextlib, io, os, sys
from zakaz.cli.__main__ import main
os.chdir({home!r})
sys.argv = ["zakaz", *{arguments!r}]
out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
    code = main()
answer = [code, *(stream.buffer.getvalue().decode() for stream in (out, err))]
"""
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def installation(metadata: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("runbook")
    with Sandbox(seed=1, state_dir=home / "sandbox-state") as sandbox:
        made = Installation(home, Path(os.environ["AIRFLOW_HOME"]) / "airflow.db", sandbox)
        for name in ("sales.csv", "kassir.csv"):
            (home / name).write_text(sandbox.sales_csv(date(2026, 11, 19), date(2026, 11, 19)), encoding="utf-8")
        yield made
        made.console.close()


def run(installation: Installation, line: str) -> tuple[int, str]:
    """A command's exit code and what it said of an error; bin/zakaz in a process that stays open, if it can be."""
    if line.startswith("bin/zakaz") and not re.search(r"[$|<>;&]", line):
        arguments = shlex.split(line)[1:]
        code, _, err = installation.console.run(MAIN.format(home=str(installation.home), arguments=arguments))
        return code, err
    environment = {**installation.environment, "ZAKAZ_VENV": sys.prefix}
    ended = subprocess.run(["sh", "-c", line], cwd=PROJECT_DIR, env=environment, capture_output=True, text=True)
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("line", AS_THEY_STAND)
def test_it_runs_as_it_stands(installation: Installation, line: str) -> None:
    program, command, *_ = shlex.split(line)
    assert program in ("bin/zakaz", "bin/airflow", "curl"), "whatever else is to be marked as `server`"
    if program == "curl":
        line = line.replace(f"http://127.0.0.1:{SANDBOX_PORT}", installation.sandbox.url) + " --fail"
    code, err = run(installation, line)
    assert code in ANSWERS.get(command, {0}), err
    assert "Traceback" not in err
    if command in ANSWERS:
        assert err == "", "it could not look"


@pytest.mark.parametrize("line", PLANNED)
def test_what_takes_long_is_planned(installation: Installation, line: str) -> None:
    assert run(installation, f"{line} --dry-run")[0] == 0
