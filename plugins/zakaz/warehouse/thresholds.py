"""The thresholds of the checks: include/thresholds.toml, validated against the parameters that the checks bind."""

import re
import tomllib
from decimal import Decimal
from typing import Any

from zakaz.errors import InvalidInput
from zakaz.settings import INCLUDE_DIR
from zakaz.warehouse.sql import files

FILE = INCLUDE_DIR / "thresholds.toml"
BOUND = re.compile(r"\{(\w+):(\w+)")
HIGHEST = 1000


def thresholds() -> dict[str, int | Decimal]:
    """The thresholds as parameters of the checks; the file is reread on each call.

    Whatever a check binds besides source and days is a threshold, so that a new one needs no Python.

    :raises InvalidInput: the file can't be read, or a threshold is unknown, missing or out of range.
    """
    types = dict(bound for file in files("checks") for bound in BOUND.findall(file.read_text(encoding="utf-8")))
    for of_the_run in ("source", "from_date", "to_date", "run_day"):
        del types[of_the_run]
    try:
        given = tomllib.loads(FILE.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{FILE} can't be read: {error}") from error
    for name, value in given.items():
        if name not in types:
            raise InvalidInput(f"{FILE}: {name} = {value} is unknown: no check binds it, they bind {', '.join(types)}")
    for name, sql_type in types.items():
        if name not in given:
            raise InvalidInput(f"{FILE}: {name} is missing: a check binds it")
        _require_allowed(name, sql_type, given[name])
    if given["anomaly_min_weeks"] > given["anomaly_weeks"]:
        raise InvalidInput(
            f"{FILE}: anomaly_min_weeks = {given['anomaly_min_weeks']} is not allowed: it must be at most "
            f"anomaly_weeks = {given['anomaly_weeks']}, or nothing would ever be unusual"
        )
    return given


def _require_allowed(name: str, sql_type: str, value: Any) -> None:
    """Check a value: its type in SQL says whether it must be whole, and a `…_share` lies between 0 and 1."""
    if sql_type.startswith("UInt"):
        lowest, highest, numbers = 1, HIGHEST, "a whole number"
        is_allowed = type(value) is int
    else:
        lowest, highest, numbers = 0, 1 if name.endswith("_share") else HIGHEST, "a number"
        is_allowed = type(value) is int or (isinstance(value, Decimal) and value.is_finite())
    if not is_allowed or not lowest <= value <= highest:
        raise InvalidInput(f"{FILE}: {name} = {value} is not allowed: it must be {numbers} from {lowest} to {highest}")
