"""Reads the CSV files of include/ that people edit; a wrong line is named."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from zakaz.errors import InvalidInput

Line = TypeVar("Line")


def read_lines(file: Path, columns: Sequence[str], read: Callable[..., Line], expected: str) -> list[Line]:
    """The lines of a file after its header.

    :param columns: the header. :param read: makes one of its cells; a ValueError says that they are none.
    :param expected: what a line should be, with an example.
    :raises InvalidInput: the file is no such one.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            header, *lines = [*csv.reader(opened)] or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{file}: expected CSV in UTF-8: {error}") from None
    if header != list(columns):
        raise InvalidInput(f"{file}, line 1: {','.join(header)!r}: expected {','.join(columns)}")
    found = list[Line]()
    for number, cells in enumerate(lines, start=2):
        try:
            found.append(read(**dict(zip(columns, cells, strict=True))))
        except ValueError:
            raise InvalidInput(f"{file}, line {number}: {','.join(cells)!r}: expected {expected}") from None
    return found
