"""What docs/TABLES.md and CHANGELOG.md say of the project as a whole is complete."""

import re

from zakaz import __version__
from zakaz.cli.app import app
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.ddl import name_of
from zakaz.warehouse.sql import files


def test_every_table_has_its_grain() -> None:
    text = (PROJECT_DIR / "docs" / "TABLES.md").read_text(encoding="utf-8")
    grain = text.split("## Grain\n")[1].split("\n## ")[0]
    tables = [name_of(file) for file in files("*/tables")]
    assert sorted(re.findall(r"^\| `(.*?)` \|", grain, re.MULTILINE)) == sorted(tables)


def test_the_newest_release_is_this_version() -> None:
    text = (PROJECT_DIR / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased, newest, *_ = re.findall(r"^## \[(.*?)\](.*)$", text, re.MULTILINE)
    assert unreleased == ("Unreleased", "")
    assert newest[0] == __version__
    assert re.fullmatch(r" - \d{4}-\d\d-\d\d", newest[1])
    kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    found = re.findall(r"^### (.*)$", text.split(f"## [{__version__}]")[1].split("\n## ")[0], re.MULTILINE)
    assert found == [kind for kind in kinds if kind in found], "each once, in the order of Keep a Changelog"


def test_each_command_is_told_of_once() -> None:
    text = (PROJECT_DIR / "CHANGELOG.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"^- `bin/zakaz`: (.*?)\.$", text, re.MULTILINE | re.DOTALL)
    named = re.findall(r"`([\w-]+)`", told)
    assert len(named) == len({*named} & {*app.commands})


def test_each_statement_says_first_what_it_is_for() -> None:
    """In one line, which the log of a task shows."""
    for file in files("**"):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert re.fullmatch(r"-- .*\.", first), file
