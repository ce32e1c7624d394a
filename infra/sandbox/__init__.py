"""Offline stand-ins for VK Ads, QTickets and the Telegram Bot API, on one loopback port.

Started as a process with ``python -m sandbox`` or inside a test with :class:`Sandbox`. The figures are a pure function
of the seed, the ad and the day. Nothing here leaves the machine and nothing here is a secret.
"""

from sandbox.qtickets import ORGANISERS
from sandbox.qtickets import TOKEN as QTICKETS_TOKEN
from sandbox.server import Sandbox
from sandbox.source import ACCOUNT_ID
from sandbox.telegram import BOT_TOKEN
from sandbox.tokens import ACCESS_TOKEN, AGENCY_CLIENTS, CLIENT_ID, CLIENT_SECRET

__all__ = [
    "ACCESS_TOKEN",
    "ACCOUNT_ID",
    "AGENCY_CLIENTS",
    "BOT_TOKEN",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "ORGANISERS",
    "QTICKETS_TOKEN",
    "Sandbox",
]
