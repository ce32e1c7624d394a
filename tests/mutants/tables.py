"""What is changed, by the tables of this folder; a copy of the project to do it in; and what became of it."""

import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# Tests run in forks, and so under one home: Airflow, imported before, remembers the folder of its database.
HOME = 'HOME = Path(tempfile.mkdtemp(prefix="zakaz-tests-"))\n'
ONE_HOME = "HOME = Path.cwd() / 'home'\nshutil.rmtree(HOME, ignore_errors=True)\nHOME.mkdir()\n"


class Broken(Exception):
    """The measurement itself failed: this change was neither noticed nor did it survive."""


@dataclass(frozen=True)
class Verdict:
    """What the tests said of one change.

    :param part: what the score is kept for: a module, or a folder of SQL.
    :param change: where it is, the lines before and after.
    """

    part: str
    change: str
    is_killed: bool


def listed(kind: str) -> list[dict[str, Any]]:
    """The entries of a kind: module, equivalent or change."""
    tables = (tomllib.loads(file.read_text("utf-8")) for file in sorted(Path(__file__).parent.rglob("*.toml")))
    return [entry for table in tables for entry in table.get(kind, [])]


@contextmanager
def copy_of_project() -> Iterator[Path]:
    """A copy without history, environments and caches; removed afterwards."""
    left_out = shutil.ignore_patterns(".git", ".venv*", ".airflow", ".env", ".*_cache", "__pycache__")
    with tempfile.TemporaryDirectory(prefix="zakaz-mutants-", ignore_cleanup_errors=True) as folder:
        copy = Path(shutil.copytree(PROJECT, Path(folder, "zakaz"), ignore=left_out))
        replace_once(copy / "tests" / "conftest.py", HOME, ONE_HOME)
        yield copy


def replace_once(file: Path, old: str, new: str) -> str:
    """Replace a text in a file; what the file was.

    :raises Broken: the text does not stand there exactly once.
    """
    text = file.read_text("utf-8")
    if text.count(old) != 1:
        raise Broken(f"{file.name}: {old!r} stands there {text.count(old)} times, not once")
    file.write_text(text.replace(old, new), "utf-8")
    return text
