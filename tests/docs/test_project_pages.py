"""What docs/ARCHITECTURE.md and CHANGELOG.md say of the project as a whole is complete."""

import re

from zakaz import __version__
from zakaz.cli.app import app
from zakaz.settings import PROJECT_DIR
from zakaz.warehouse.sql import files


def test_every_table_has_its_grain() -> None:
    text = (PROJECT_DIR / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    grain = text.split("## Grain\n")[1].split("\n## ")[0]
    tables = [f"{file.parent.name}.{file.stem}" for file in files("ddl/tables")]
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
