"""A type of ClickHouse as DataLens keeps it: the native type, and the type its users see."""

import re
from typing import Any

WRAPPER = re.compile(r"(Nullable|LowCardinality)\((.*)\)")
INSTANT = re.compile(r"DateTime64\((\d), '([^']+)'\)")


def native_type(clickhouse: str) -> dict[str, Any]:
    """The native type, without what wraps it but for the flags that tell of it."""
    flags = {"nullable": False, "lowcardinality": False}
    while wrapped := WRAPPER.fullmatch(clickhouse):
        flags["nullable" if wrapped[1] == "Nullable" else "lowcardinality"] = True
        clickhouse = wrapped[2]
    if instant := INSTANT.fullmatch(clickhouse):
        return {
            "native_type_class_name": "clickhouse_datetime64withtz_native_type",
            "name": "datetime64withtz",
            "precision": int(instant[1]),
            "timezone_name": instant[2],
            "explicit_timezone": True,
            **flags,
        }
    # A decimal is a float to DataLens already where it reads the columns.
    name = "float" if clickhouse.startswith("Decimal") else clickhouse.split("(")[0].lower()
    return {"native_type_class_name": "clickhouse_native_type", "name": name, **flags}


def user_type(clickhouse: str) -> str:
    """string, integer, float, date or genericdatetime."""
    name = native_type(clickhouse)["name"]
    if name in ("string", "date"):
        return str(name)
    if name.startswith("datetime"):
        return "genericdatetime"
    if "int" in name:
        return "integer"
    if name == "bool":
        return "boolean"
    if name.startswith("float"):
        return "float"
    raise ValueError(f"no type of DataLens is known for {clickhouse}")
