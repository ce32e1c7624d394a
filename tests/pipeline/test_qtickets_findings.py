"""Which warnings about ticket sales each day has, and what they say."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from made_qtickets import msk, show, ticket
from made_rows import DAY
from zakaz.days import DayRange
from zakaz.pipeline.qtickets_findings import findings_of
from zakaz.pipeline.qtickets_sales import Sales
from zakaz.registry.quality import Finding
from zakaz.sources.qtickets_events import Show
from zakaz.sources.qtickets_rows import Ticket

BEFORE, OLD = DAY - timedelta(days=1), date(2026, 10, 1)
DAYS = DayRange(BEFORE, DAY)
AT = {day: msk(f"{day}T12:00:00") for day in (OLD, BEFORE, DAY)}


def warned(
    *tickets: Ticket, shows: Sequence[Show] = (), lost: Sequence[Ticket] = (), refund_days: int = 21
) -> dict[tuple[str, date], str]:
    """What was found, of each check and day that did not pass."""
    found = findings_of(Sales(DAYS, refund_days), tickets, shows, lost)
    assert len({(one.check_name, one.day) for one in found}) == len(found)
    return {(one.check_name, one.day): one.found for one in found if not one.passed}


def sold(number: int, on: date = DAY, back: date | None = None, refund: str = "10", **given: object) -> Ticket:
    """A ticket for 100 rubles."""
    refunded = {"refunded_at": AT[back], "refunded_amount": Decimal(refund)} if back else {}
    return ticket(**{"basket_id": number, "payed_at": AT[on], "price": Decimal(100), **refunded, **given})


def test_each_day_passes_each_check_and_that_of_late_refunds_only_if_they_were_looked_for() -> None:
    expected = {
        "late_refunds": ("QTickets: late refunds", "each refund within 21 days of its sale (REFUND_DAYS)"),
        "late_cancellations": (
            "QTickets: late cancellations",
            "no sale that was cancelled after its day was last loaded",
        ),
        "incomplete_tickets": (
            "QTickets: shows, tags and sums",
            "name, city, start and time zone of each show, readable tags, all money of an order in its tickets",
        ),
        "other_currency_tickets": ("QTickets: other currencies", "tickets in rubles"),
        "odd_refunds": ("QTickets: large refunds", "no refund above twice the price"),
    }
    good = [
        Finding(
            day=day,
            check_name=check,
            code="ANOMALY",
            severity="warn",
            subject=subject,
            expected=what,
            found="nothing else",
            passed=True,
        )
        for (check, (subject, what)), day in product(expected.items(), DAYS)
    ]
    fine = [sold(1), sold(2, BEFORE, DAY, "200")]
    assert findings_of(Sales(DAYS, 21, knows_late=True), fine, [show()], []) == good
    assert findings_of(Sales(DAYS, 21), fine, [show()], []) == good[2:]


def test_a_warning_is_of_the_day_of_the_sale_or_of_the_refund_with_the_money_of_that_day() -> None:
    """A late refund is not odd as well, and other currencies are nothing else."""
    lacking = show(show_id=89, city="", starts_at=None)
    where = {"show_id": 89}
    found = warned(
        sold(1, BEFORE, DAY, currency="BYN", **where),
        sold(2, BEFORE, currency="BYN"),
        sold(3, BEFORE, DAY, "201"),
        sold(4, OLD, DAY, "300"),
        sold(5, BEFORE, DAY, "200", **where),
        sold(6, note="no tags"),
        sold(7, note="no tags", **where),
        sold(8, OLD, OLD, note="no tags"),
        shows=[show(), lacking],
    )
    no_city = "show 89 of event 77 without a city, a start"
    assert found == {
        ("other_currency_tickets", BEFORE): "BYN: 2 tickets, 200 sold and 0 refunded, e.g. ticket 1 of order 501",
        ("other_currency_tickets", DAY): "BYN: 1 tickets, 0 sold and 10 refunded, e.g. ticket 1 of order 501",
        ("odd_refunds", DAY): (
            "more than twice its price: 1 tickets, 0 sold and 201 refunded, e.g. ticket 3 of order 501"
        ),
        ("late_refunds", DAY): ("sold on 2026-10-01: 1 tickets, 0 sold and 300 refunded, e.g. ticket 4 of order 501"),
        ("incomplete_tickets", BEFORE): f"{no_city}: 1 tickets, 100 sold and 0 refunded, e.g. ticket 5 of order 501",
        ("incomplete_tickets", DAY): (
            f"{no_city}: 2 tickets, 100 sold and 200 refunded, e.g. ticket 5 of order 501; "
            "no tags: 2 tickets, 200 sold and 0 refunded, e.g. ticket 6 of order 501"
        ),
    }
    assert warned(sold(1, BEFORE, DAY), refund_days=0).keys() == {("late_refunds", DAY)}


def test_three_oddities_are_named_and_the_others_are_counted() -> None:
    odd = [sold(number, currency=currency) for number, currency in enumerate(("BYN", "KZT", "USD", "EUR", "AMD"))]
    named = "; ".join(
        f"{currency}: 1 tickets, 100 sold and 0 refunded, e.g. ticket {number} of order 501"
        for number, currency in enumerate(("BYN", "KZT", "USD"))
    )
    assert warned(*odd[:3]) == {("other_currency_tickets", DAY): named}
    assert warned(*odd) == {("other_currency_tickets", DAY): f"{named}; and 2 more"}


def test_a_cancellation_that_an_earlier_day_still_counts_is_named_with_what_loads_the_day_anew() -> None:
    lost = [sold(number, on, cancelled=True) for number, on in ((1, OLD), (2, OLD), (3, BEFORE))]
    again = "cancelled since (to load the day anew: bin/zakaz backfill --from {0} --to {0}): "
    assert warned(lost=lost) == {
        ("late_cancellations", OLD): (
            f"{again.format(OLD)}2 tickets, 200 sold and 0 refunded, e.g. ticket 1 of order 501"
        ),
        ("late_cancellations", BEFORE): (
            f"{again.format(BEFORE)}1 tickets, 100 sold and 0 refunded, e.g. ticket 3 of order 501"
        ),
    }
    others = [one.day for one in findings_of(Sales(DAYS, 21), [], [], lost) if one.passed]
    assert set(others) == set(DAYS), "of a day that was not loaded nothing passes"
