"""The files of include/sql/checks, and the checks that each declares per source in its header comments."""

import re
from pathlib import Path

from zakaz.warehouse.sql import files

FOLDER = "checks"
LISTED = re.compile(r"^-- (\w+): (\w+(?:, \w+)*)$", re.MULTILINE)


def checks_of(source: str) -> dict[Path, list[str]]:
    """The names of each file's checks for a source; files without any are left out."""
    listed = {file: dict(LISTED.findall(file.read_text(encoding="utf-8"))) for file in files(FOLDER)}
    return {file: names[source].split(", ") for file, names in listed.items() if source in names}
