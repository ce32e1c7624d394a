"""Changes that are listed one by one, of SQL above all."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from tables import Broken, Verdict, copy_of_project, replace_once

Change = dict[str, Any]
LOG = "pytest.log"


def part(change: Change) -> str:
    """What the score is kept for: a folder of include/sql, or any other file by itself."""
    file = Path(change["file"])
    return str(Path(*file.parts[:3])) if file.suffix == ".sql" else str(file)


def try_changes(changes: list[Change]) -> Iterator[Verdict]:
    """Make each change of a part in a copy, and run the tests that should notice it; first, all without a change."""
    tests = sorted({test for change in changes for test in change["tests"]})
    # A module that is changed must be imported after that.
    at_once = [] if part(changes[0]).endswith(".py") else tests
    with copy_of_project() as copy, ProcessPoolExecutor(1, get_context("spawn"), _import, (copy, at_once)) as process:

        def is_noticed(tests: list[str]) -> bool:
            if (code := process.submit(_run, tests).result()) not in (0, 1):  # e.g. there is no such test
                raise Broken(f"pytest ends with {code}: {' '.join(tests)}")
            return code == 1

        if is_noticed(tests):
            raise Broken(f"{part(changes[0])}: a test fails without any change: {(copy / LOG).read_text()[-2000:]}")
        for change in changes:
            whole = replace_once(copy / change["file"], change["old"], change["new"])
            line = whole[: whole.index(change["old"])].count("\n") + 1
            shown = f"{change['file']}:{line}: {change['breaks']}\n- {change['old']}\n+ {change['new']}"
            yield Verdict(part(change), shown, is_noticed(change["tests"]))
            (copy / change["file"]).write_text(whole, "utf-8")


def _import(copy: Path, tests: list[str]) -> None:
    """Import the tests, which takes longer than most of them: each run is a fork of this process."""
    os.chdir(copy)
    os.dup2(os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
    if tests:
        pytest.main(["--collect-only", *tests])


def _run(tests: list[str]) -> int:
    if (child := os.fork()) == 0:
        code = 3
        try:
            code = pytest.main(["-x", "-p", "no:cacheprovider", *tests])
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
