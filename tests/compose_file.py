"""docker-compose.yaml as compose reads it, for the tests that look at it and for those that run its commands."""

import re
from typing import Any

import yaml

from zakaz.settings import PROJECT_DIR

SECRETS = (
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "ETL_WRITER_PASSWORD",
    "BI_READER_PASSWORD",
    "AIRFLOW_ADMIN_PASSWORD",
    "AIRFLOW_SECRET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_FERNET_KEY",
)
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}")


def raw() -> dict[str, Any]:
    """The file with its anchors resolved and its variables as they are written."""
    found: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "docker-compose.yaml").read_text(encoding="utf-8"))
    return found


def resolved(text: str, given: dict[str, str]) -> str:
    """A text with its variables filled in; one that is demanded and absent is a KeyError."""

    def value(match: re.Match[str]) -> str:
        name, kind, default = match.groups()
        if kind == ":-":
            return given.get(name) or str(default)
        return given[name]

    return VARIABLE.sub(value, text).replace("$$", "$")
