"""Loads the SQL statements of include/sql, one per file."""

from functools import cache
from pathlib import Path

from zakaz.settings import INCLUDE_DIR

SQL_DIR = INCLUDE_DIR / "sql"


@cache
def statement(name: str) -> str:
    """The text of a statement.

    :param name: path below include/sql, such as `vk_ads/dm_vk_ads_daily.sql`.
    """
    return (SQL_DIR / name).read_text(encoding="utf-8").strip()


def files(folder: str) -> list[Path]:
    """The statement files of a folder of include/sql, in a stable order; `*/tables` means those of every subject."""
    return sorted(SQL_DIR.glob(f"{folder}/*.sql"))
