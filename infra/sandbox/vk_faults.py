"""What is wrong with a reply of VK Ads that a fault damages."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

Payload = dict[str, Any]
_UNKNOWN_ID = 999


def _empty(payload: Payload) -> None:
    payload["items"] = []
    if "count" in payload:
        payload["count"] = 0
    _clear(payload.get("total", {}))


def _clear(block: dict[str, Any]) -> None:
    for name, value in block.items():
        if isinstance(value, dict):
            _clear(value)
        else:
            block[name] = "0" if isinstance(value, str) else 0


def _bad_total(payload: Payload) -> None:
    _add(payload["total"]["base"], Decimal(1))


def _bad_item_total(payload: Payload) -> None:
    _add(payload["items"][0]["total"]["base"], Decimal(1))


def _add(base: dict[str, Any], amount: Decimal) -> None:
    base["spent"] = str(Decimal(base["spent"]) + amount)


def _include(total: dict[str, Any], base: dict[str, Any], sign: int) -> None:
    """Add the sums of an item to a total, or with the other sign take them off; shares and prices stay."""
    _add(total, sign * Decimal(base["spent"]))
    for name in ("shows", "clicks", "goals"):
        total[name] += sign * base[name]
    for name in ("goals", "result"):
        total["vk"][name] += sign * base["vk"][name]


def _bad_figure(payload: Payload) -> None:
    for row in _rows(payload)[:1]:
        row["base"]["spent"] = "n/a"


def _wrong_types(payload: Payload) -> None:
    for row in _rows(payload)[:1]:
        row["base"]["shows"] = {"value": row["base"]["shows"]}


def _bad_date(payload: Payload) -> None:
    for row in _rows(payload)[:1]:
        row["date"] = "2020-02-29"


def _duplicate_rows(payload: Payload) -> None:
    for item in [item for item in payload["items"] if item.get("rows")][:1]:
        item["rows"].append(copy.deepcopy(item["rows"][0]))


def _unknown_id(payload: Payload) -> None:
    stranger = {**copy.deepcopy(payload["items"][0]), "id": _UNKNOWN_ID}
    payload["items"].append(stranger)
    # The sums agree, so that only its id gives it away.
    _include(payload["total"]["base"], stranger["total"]["base"], 1)


def _wrong_id(payload: Payload) -> None:
    payload["items"][0]["id"] = _UNKNOWN_ID


def _missing_id(payload: Payload) -> None:
    payload["items"].remove(_dearest(payload))


def _missing_id_quiet(payload: Payload) -> None:
    gone = _dearest(payload)
    payload["items"].remove(gone)
    _include(payload["total"]["base"], gone["total"]["base"], -1)


def _cut_list(payload: Payload) -> None:
    payload["items"].pop()


def _rows(payload: Payload) -> list[dict[str, Any]]:
    return [row for item in payload["items"] for row in item.get("rows", [])]


def _dearest(payload: Payload) -> dict[str, Any]:
    found: dict[str, Any] = max(payload["items"], key=lambda item: Decimal(item["total"]["base"]["spent"]))
    return found


LIST_DAMAGES: dict[str, Callable[[Payload], None]] = {"cut_list": _cut_list}
STATISTICS_DAMAGES: dict[str, Callable[[Payload], None]] = {
    "bad_total": _bad_total,
    "bad_item_total": _bad_item_total,
    "bad_figure": _bad_figure,
    "wrong_types": _wrong_types,
    "bad_date": _bad_date,
    "duplicate_rows": _duplicate_rows,
    "unknown_id": _unknown_id,
    "wrong_id": _wrong_id,
    "missing_id": _missing_id,
    "missing_id_quiet": _missing_id_quiet,
}
DAMAGES = {"empty": _empty, **LIST_DAMAGES, **STATISTICS_DAMAGES}
