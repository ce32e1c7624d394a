"""The files of include/sql/checks: which checks each of them is, by source, as the comments that it begins with say."""

import re
from pathlib import Path

from zakaz.warehouse.sql import files

FOLDER = "checks"
LISTED = re.compile(r"^-- (\w+): (\w+(?:, \w+)*)$", re.MULTILINE)


def checks_of(source: str) -> dict[Path, list[str]]:
    """The names of the checks that each file has for a source; a file without any is left out."""
    listed = {file: dict(LISTED.findall(file.read_text(encoding="utf-8"))) for file in files(FOLDER)}
    return {file: names[source].split(", ") for file, names in listed.items() if source in names}
