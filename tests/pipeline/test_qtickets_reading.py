"""Which orders are asked for to know the refunds of a day, and when a filter by `updated_at` is believed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from made_qtickets import MadeQTickets, msk, ticket
from made_replies import AT, basket, client_of, order, page
from made_rows import DAY, ONE_DAY
from zakaz.errors import SourceInconsistent, SourceRefused
from zakaz.pipeline.qtickets_reading import Evidence, read_sales
from zakaz.sources.qtickets import midnight
from zakaz.sources.qtickets_rows import Order, Ticket

SOLD = msk("2026-11-20T10:00:00")
SECOND = timedelta(seconds=1)


@dataclass
class Asked(MadeQTickets):
    """Keeps what was asked; its filter by `updated_at` may lose an order, change nothing, or be refused."""

    lost: int = 0
    is_ignored: bool = False
    error: Exception | None = None
    asked: list[tuple[str, datetime | None, int | None]] = field(default_factory=list)

    def orders(self, days: Any, *, updated_since: Any = None, attempts: Any = None) -> Iterator[list[Order]]:
        self.asked.append((days.iso, updated_since, attempts))
        if updated_since and self.error:
            raise self.error
        for (one,) in super().orders(days, updated_since=None if self.is_ignored else updated_since):
            if not (updated_since and one.order_id == self.lost):
                yield [one]


def back(basket_id: int, sold: str, **given: Any) -> Ticket:
    """A ticket that is refunded on the day, which its order shows."""
    refund = {"refunded_at": SOLD, "refunded_amount": Decimal(1500), "updated_at": SOLD}
    return ticket(**{"basket_id": basket_id, "payed_at": msk(f"{sold}T12:00:00"), **refund, **given})


@pytest.mark.parametrize(
    ("updated_at", "refunded_at", "cancelled", "seen"),
    [
        (SOLD, SOLD, False, (True, "")),
        (SOLD, SOLD + timedelta(microseconds=999_999), False, (True, "")),
        (SOLD + SECOND, SOLD, False, (True, "")),
        (SOLD - SECOND, SOLD, False, (False, "ticket 9001 of order 501")),
        (None, SOLD, False, (False, "ticket 9001 of order 501")),
        (SOLD, SOLD, True, (False, "")),
        (SOLD, None, False, (False, "")),
    ],
)
def test_a_refund_shows_whether_it_moved_updated_at_which_is_in_whole_seconds(
    updated_at: datetime | None, refunded_at: datetime | None, cancelled: bool, seen: tuple[bool, str]
) -> None:
    one = ticket(updated_at=updated_at, refunded_at=refunded_at, cancelled=cancelled)
    evidence = Evidence()
    evidence.add(Order(501, SOLD, updated_at, (one,), ()))
    assert (evidence.is_seen, evidence.contradiction) == seen


def test_where_refunds_move_updated_at_only_older_orders_that_changed_are_asked_for() -> None:
    """And each order is counted once, though the day itself is asked for again."""
    client = Asked(
        [
            back(1, "2026-11-20"),
            ticket(basket_id=2),
            ticket(basket_id=3, payed_at=midnight(DAY), updated_at=midnight(DAY)),
            back(4, "2026-11-10"),
            back(5, "2026-10-09"),
            back(6, "2026-10-08"),
            ticket(basket_id=7, payed_at=msk("2026-11-10T12:00:00"), updated_at=SOLD),
        ]
    )
    sales = read_sales(client, ONE_DAY, 21, Evidence())
    assert client.asked == [(ONE_DAY.iso, None, None), ("2026-10-09/2026-11-20", midnight(DAY), 2)]
    assert sorted(sales.tickets) == [1, 2, 3, 4, 5]
    assert (sales.orders, sales.read, sales.knows_late) == (3, 6, True)


@pytest.mark.parametrize(
    ("deep", "first", "found"), [(False, "2026-10-28", [1, 2, 3]), (True, "2026-10-05", [1, 2, 3, 4])]
)
def test_else_all_older_orders_are_read_by_month_and_twice_as_far_back_for_late_refunds(
    deep: bool, first: str, found: list[int]
) -> None:
    sold = ["2026-11-20", "2026-11-19", "2026-10-28", "2026-10-05", "2026-10-04"]
    client = Asked([back(number, on, updated_at=None) for number, on in enumerate(sold, start=1)])
    client.tickets.append(ticket(basket_id=6, payed_at=msk("2026-11-01T12:00:00")))
    sales = read_sales(client, ONE_DAY, 23, Evidence(), **({"deep": True} if deep else {}))
    asked = [ONE_DAY.iso, f"{first}/2026-10-31", "2026-11-01/2026-11-19"]
    assert sorted(client.asked[1:]) == [(days, None, None) for days in asked[1:]]
    assert client.asked[0] == (asked[0], None, None)
    assert sorted(sales.tickets) == found
    assert (sales.orders, sales.read, sales.knows_late) == (1, len(found) + 1, deep)


SEEN = Evidence(is_seen=True)
UNPROVEN: list[tuple[Evidence, list[Ticket], dict[str, Any], str]] = [
    # what is known before, tickets of the day, what becomes of the filter, why it is not believed
    (Evidence(True, "order 5"), [back(1, "2026-11-20")], {}, "the refund of order 5 did not move updated_at"),
    (Evidence(), [ticket()], {}, "no refund is known that moved updated_at"),
    (SEEN, [], {}, "these days have no order that could prove it"),
    (SEEN, [ticket()], {}, "these days have no order that could prove it"),
    (
        SEEN,
        [ticket(updated_at=SOLD)],
        {"is_ignored": True},
        "order 1 came, which is not known to have changed since",
    ),
    (SEEN, [ticket(updated_at=SOLD)], {"error": SourceRefused("HTTP 400: BAD_COLUMN")}, "HTTP 400: BAD_COLUMN"),
    (
        SEEN,
        [ticket(updated_at=SOLD), ticket(basket_id=2, updated_at=SOLD)],
        {"lost": 4},
        "1 orders of 2026-11-20 that changed since did not come, e.g. order 4",
    ),
    (
        SEEN,
        [ticket(updated_at=SOLD), back(8, "2026-11-01", updated_at=SOLD - SECOND)],
        {},
        "the refund of ticket 8 of order 501 did not move updated_at",
    ),
]


@pytest.mark.parametrize(("known", "tickets", "given", "why"), UNPROVEN)
def test_a_filter_that_is_not_proven_is_not_believed_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture, known: Evidence, tickets: list[Ticket], given: dict[str, Any], why: str
) -> None:
    caplog.set_level("INFO")
    # The filter would give the second one alone.
    older = [back(71, "2026-11-10", updated_at=None), back(72, "2026-11-10")]
    client = Asked([*older, *tickets], **given)
    evidence = Evidence(known.is_seen, known.contradiction)
    sales = read_sales(client, ONE_DAY, 21, evidence)
    assert {71, 72} <= sales.tickets.keys()
    assert not sales.knows_late
    (line,) = [line for line in caplog.messages if "read in full" in line]
    assert line.endswith(f"not only those that changed since: {why}")


def test_an_order_of_unknown_payment_that_the_filter_gives_is_named(scripted: Any) -> None:
    proof = order(501, basket(refunded_at=AT, refunded_amount=1), updated_at=AT)
    for rows in ([proof], [proof, order(400, payed_at="yesterday", updated_at=AT)]):
        scripted.says(page(*rows))
    sales = read_sales(client_of(scripted.url), ONE_DAY, 21, Evidence())
    assert sales.knows_late
    assert [refused.what.partition(":")[0] for refused in sales.refused] == ["order 400, payed_at"]


class Young(MadeQTickets):
    """The newest orders are all younger than the month; only the filter by payment reaches back to it."""

    def newest_paid(self, until: date | None = None) -> list[datetime]:
        return super().newest_paid(until) if until else [msk("2026-11-30T10:00:00")]


def test_a_month_of_older_orders_is_empty_only_if_nothing_was_paid_in_it() -> None:
    """An empty answer must not take refunds away."""
    newest = [msk("2026-11-19T10:00:00"), msk("2026-11-19T11:00:00"), msk("2026-10-31T10:00:00")]
    with pytest.raises(SourceInconsistent) as caught:
        read_sales(Young([ticket()], newest=newest), ONE_DAY, 19, Evidence())
    assert str(caught.value) == (
        "QTickets, 2026-11-01 to 2026-11-19: no order was paid, but among the newest ones is one paid "
        "2026-11-19T11:00:00+03:00. Nothing is loaded"
    )
    for tickets, paid in (([back(2, "2026-11-19")], newest), ([], newest[2:])):
        read = read_sales(Young([ticket(), *tickets], newest=paid), ONE_DAY, 19, Evidence())
        assert len(read.tickets) == 1 + len(tickets)
