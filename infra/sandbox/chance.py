"""Repeatable chance: numbers that depend on a key and on nothing else."""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache

_UNIT = float(2**32)
_EIGHT = struct.Struct(">8I")


@lru_cache(maxsize=200_000)
def draws(*key: object) -> tuple[float, ...]:
    """Return eight numbers in [0, 1) that belong to this key.

    A hash instead of ``random.Random``: it is several times cheaper to set up, and a statistics call sets up one per ad
    and day.

    :param key: what the numbers belong to, for example seed, ad id and day.
    """
    digest = hashlib.blake2b(":".join(map(str, key)).encode(), digest_size=32).digest()
    return tuple([number / _UNIT for number in _EIGHT.unpack(digest)])


def between(low: float, high: float, draw: float) -> float:
    """Return the point of [low, high) that a draw in [0, 1) stands for."""
    return low + (high - low) * draw
