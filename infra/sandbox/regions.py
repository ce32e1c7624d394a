"""The regions that ad groups of VK Ads can target, and how the API tells them."""

from __future__ import annotations

from typing import Any

from sandbox.cities import ALL_CITIES

RUSSIA, OBLAST = 188, 5500
# By id: what it is a part of, its Russian and its English name.
_REGIONS = {
    RUSSIA: (0, "Россия", "Russia"),
    OBLAST: (RUSSIA, "Самарская область", "Samara Oblast"),
    **{city.region: (RUSSIA, city.name, city.slug.replace("_", " ").title()) for city in ALL_CITIES},
}


def regions_reply(language: str) -> dict[str, Any]:
    """Return the whole dictionary: its documented filters do nothing.

    :param language: the ``Accept-Language`` of the call; names are English unless it asks for Russian.
    """
    items = [
        {"id": id_, "parent_id": parent, "name": russian if language.startswith("ru") else english, "flags": []}
        for id_, (parent, russian, english) in _REGIONS.items()
    ]
    return {"count": len(items), "items": items}


def targetings(*regions: int, legacy: bool = False, points: bool = False) -> dict[str, Any]:
    """Return all that a group targets.

    :param regions: ids, below zero those that are excluded.
    :param legacy: they stand outside of ``geo``.
    :param points: it is shown around a point on the map.
    """
    places: dict[str, Any] = {"regions": list(regions)} if regions else {}
    if points:
        places["local_geo"] = [
            {"lat": 55.796127, "lng": 49.106414, "radius": 3000, "label": "Театр", "address": "Театральная пл., 1"}
        ]
    return {
        "age": {"age_list": list(range(25, 55)), "expand": True},
        "sex": ["male", "female"],
        "fulltime": {"flags": ["use_holidays_moving"], "mon": list(range(8, 24)), "sun": list(range(24))},
        "interests": [9001, 9002],
        "segments": [],
        **(places if legacy or not places else {"geo": places}),
    }
