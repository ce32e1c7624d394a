"""Warnings about ticket sales, by day: what is loaded though something about it is odd, and what can't count."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from zakaz.pipeline.qtickets_sales import Sales
from zakaz.pipeline.qtickets_shows import lacks
from zakaz.registry.quality import Finding
from zakaz.sources.currency import RUBLES
from zakaz.sources.qtickets_events import Show
from zakaz.sources.qtickets_rows import Ticket

LATE, CANCELLED, INCOMPLETE = "late_refunds", "late_cancellations", "incomplete_tickets"
CURRENCY, ODD = "other_currency_tickets", "odd_refunds"
# What each check looks at and what it expects.
CHECKS = {
    LATE: ("late refunds", "each refund within {days} days of its sale (REFUND_DAYS)"),
    CANCELLED: ("late cancellations", "no sale that was cancelled after its day was last loaded"),
    INCOMPLETE: (
        "shows, tags and sums",
        "name, city, start and time zone of each show, readable tags, all money of an order in its tickets",
    ),
    CURRENCY: ("other currencies", "tickets in rubles"),
    ODD: ("large refunds", "no refund above twice the price"),
}
NAMED = 3
# A refund above the price may include a service fee; above twice the price, it may be a slip.
HIGHEST_SHARE = 2


def findings_of(
    sales: Sales,
    tickets: Sequence[Ticket],
    shows: Sequence[Show],
    lost: Sequence[Ticket],
    organiser: str = "",
) -> list[Finding]:
    """The warnings of each day; a day without one has passed.

    Late refunds only fail unless they were looked for.

    :param tickets: those that are not cancelled, each under the event of its show.
    :param lost: cancelled ones that earlier days still count; to load such a day anew withdraws its warning.
    :param organiser: the organiser's name, if there may be several: the warnings of one withdraw none of another.
    """
    whose = f"QTickets {organiser}" if organiser else "QTickets"
    odd = _odd(sales, tickets, shows)
    for ticket in lost:
        day = ticket.payed_on
        what = f"cancelled since (to load the day anew: bin/zakaz backfill --from {day} --to {day})"
        odd.setdefault((CANCELLED, day), {}).setdefault(what, []).append(ticket)
    return [
        Finding(
            day=day,
            check_name=f"{check}:{organiser}" if organiser else check,
            code="ANOMALY",
            severity="warn",
            subject=f"{whose}: {subject}",
            expected=expected.format(days=sales.refund_days),
            found=_text(day, odd.get((check, day), {})) or "nothing else",
            passed=(check, day) not in odd,
        )
        for check, (subject, expected) in CHECKS.items()
        for day in sorted({*sales.days, *(ticket.payed_on for ticket in lost)})
        if (check, day) in odd or (day in sales.days and (check != LATE or sales.knows_late))
    ]


def _odd(
    sales: Sales, tickets: Sequence[Ticket], shows: Sequence[Show]
) -> dict[tuple[str, date], dict[str, list[Ticket]]]:
    """The odd tickets of each check and day, by what is odd about them."""
    found: defaultdict[tuple[str, date], dict[str, list[Ticket]]] = defaultdict(lambda: defaultdict(list))
    lacking = {
        (show.event_id, show.show_id): f"show {show.show_id} of event {show.event_id} without {', '.join(lacks(show))}"
        for show in shows
        if lacks(show)
    }
    for ticket in tickets:
        days = {day for day in (ticket.payed_on, ticket.refunded_on) if day and day in sales.days}
        for day in days:
            if ticket.currency != RUBLES:
                found[CURRENCY, day][ticket.currency].append(ticket)
                continue
            if day == ticket.refunded_on and sales.is_late(ticket):
                found[LATE, day][f"sold on {ticket.payed_on}"].append(ticket)
            elif day == ticket.refunded_on and ticket.refunded_amount > HIGHEST_SHARE * ticket.revenue:
                found[ODD, day]["more than twice its price"].append(ticket)
            for what in filter(None, (lacking.get((ticket.event_id, ticket.show_id)), ticket.note)):
                found[INCOMPLETE, day][what].append(ticket)
    return found


def _text(day: date, odd: Mapping[str, list[Ticket]]) -> str:
    texts = [f"{what}: {_sums(day, tickets)}, e.g. {tickets[0]}" for what, tickets in odd.items()]
    return "; ".join(texts[:NAMED]) + (f"; and {len(texts) - NAMED} more" if len(texts) > NAMED else "")


def _sums(day: date, tickets: Sequence[Ticket]) -> str:
    sold = sum(ticket.revenue for ticket in tickets if ticket.payed_on == day)
    refunded = sum(ticket.refunded_amount for ticket in tickets if ticket.refunded_on == day)
    return f"{len(tickets)} tickets, {sold} sold and {refunded} refunded"
