"""Which tags the sales have: those of ads, as a rule, and what goes wrong with tags now and then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import NamedTuple

from sandbox.chance import draws
from sandbox.clicks import Click, Tags
from sandbox.figures import figures_of
from sandbox.ticket_events import Event

_VK = "vk_ads"
_CHANNELS = ((_VK, "{slug}_retarget"), (_VK, "{slug}_video"), ("yandex", "{slug}_search"), ("", ""))
_OLD_SHARE = 0.06  # of what comes from ads
_MISSPELT_SHARE = 0.06  # of the rest of it
_EMAIL_SHARE = 0.2  # of what comes from elsewhere


class Channel(NamedTuple):
    """Where buyers of an event come from.

    :param source: its `utm_source`; empty for buyers who come by themselves.
    :param campaign: a campaign of its own, which no ad has.
    """

    source: str
    campaign: str


def channels_of(event: Event) -> Iterator[Channel]:
    """Give the channels of an event; the figures depend on their names, so these stay as they are."""
    for source, campaign in _CHANNELS:
        yield Channel(source, campaign.format(slug=event.city.slug))


def sale_tags(seed: int, clicks: Sequence[Click], day: date, event: Event, channel: Channel) -> Iterator[Tags]:
    """Give the tags that the sales of an event in a channel may have on a day, the first choice first.

    The last ones are of no ad, so that two channels of an event can always be told apart.

    :param clicks: the ads for the event's city.
    """
    chance = draws(seed, "tags", day, event.id, *channel)
    if channel.source == _VK and clicks:
        yield from _of_ads(seed, clicks, day, event, chance)
    if not channel.source and chance[0] < _EMAIL_SHARE:
        yield Tags("email", "email", f"{event.city.slug}_digest")
    yield Tags(channel.source, "cpc", channel.campaign) if channel.source else Tags()


def _of_ads(seed: int, clicks: Sequence[Click], day: date, event: Event, chance: Sequence[float]) -> Iterator[Tags]:
    """Give the tags of the ads, those first that ran on the day; before them now and then a tag that is out of use."""
    if chance[0] < _OLD_SHARE:
        yield Tags(_VK, "cpc", f"{event.city.slug}_old")
    start = int(chance[1] * len(clicks))
    around = (*clicks[start:], *clicks[:start])
    ran = (click.tags for click in around if figures_of(seed, click.ad, day))
    for tags in chain(ran, (click.tags for click in around)):
        yield _misspelt(tags, chance[3]) if chance[2] < _MISSPELT_SHARE else tags


def _misspelt(tags: Tags, draw: float) -> Tags:
    """Return tags as somebody copied them by hand."""
    if draw < 1 / 3:
        return replace(tags, utm_source="VK_Ads")
    if draw < 2 / 3:
        return replace(tags, utm_campaign=f" {tags.utm_campaign} ")
    return replace(tags, utm_campaign=tags.utm_campaign.upper())
