"""How numbers are written: for DataLens as it keeps it, and for the previews as text."""

from decimal import Decimal
from typing import Any

FORMATS: dict[str, dict[str, Any]] = {
    "rubles": {"format": "number", "precision": 0, "showRankDelimiter": True, "postfix": " ₽"},
    "kopecks": {"format": "number", "precision": 2, "showRankDelimiter": True, "postfix": " ₽"},
    "count": {"format": "number", "precision": 0, "showRankDelimiter": True},
    "ratio": {"format": "number", "precision": 2, "showRankDelimiter": True},
    "id": {"format": "number", "precision": 0, "showRankDelimiter": False},
    "percent": {"format": "percent", "precision": 2, "showRankDelimiter": True},
    "change": {"format": "percent", "precision": 0, "showRankDelimiter": True},
}


def written(value: float | Decimal, format_: str) -> str:
    """The number in Russian: spaces between thousands, a comma before the fraction."""
    given = FORMATS[format_]
    if given["format"] == "percent":
        value, postfix = value * 100, " %"
    else:
        postfix = given.get("postfix", "")
    separator = "," if given["showRankDelimiter"] else ""
    number = f"{value:{separator}.{given['precision']}f}".replace(",", " ").replace(".", ",").replace("-", "−")
    return f"{number}{postfix}"
