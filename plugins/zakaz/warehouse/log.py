"""What the log of a task says of a statement: one line, and its whole text at DEBUG only."""

import logging
from collections.abc import Mapping
from typing import Any


class WholeTextAtDebug(logging.Filter):
    """The plugin writes each statement whole at INFO: hundreds of pages in the log of a run."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Move the plugin's own line down to DEBUG."""
        if record.module == "clickhouse":
            record.levelno, record.levelname = logging.DEBUG, "DEBUG"
            return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)
        return True


def summary(sql: str, params: Mapping[str, Any] | None) -> str:
    """A statement in one line: how it begins, which in include/sql is what it is for, and its parameters."""
    first = next(iter(sql.strip().splitlines()), "").removeprefix("--").strip()
    given = ", ".join(f"{name}={value}" for name, value in (params or {}).items())
    return f"{first} [{given}]" if given else first
