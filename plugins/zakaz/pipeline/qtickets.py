"""Loads QTickets into the sales staging: tickets are read, landed without personal data, checked, then built."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from operator import attrgetter
from uuid import UUID, uuid4

from zakaz.days import DayRange, moscow_day
from zakaz.errors import SourceInconsistent, WarehouseUnavailable
from zakaz.pipeline.accounts import load_each
from zakaz.pipeline.known_shows import keep_shows
from zakaz.pipeline.landed import require_landed, require_same
from zakaz.pipeline.load_result import LoadResult
from zakaz.pipeline.marts import STG_SALES, rebuild
from zakaz.pipeline.qtickets_findings import findings_of
from zakaz.pipeline.qtickets_reading import Evidence, read_sales
from zakaz.pipeline.qtickets_sales import Sales
from zakaz.pipeline.qtickets_shows import event_date, place
from zakaz.pipeline.sales_days import staged_sums, standing_days
from zakaz.pipeline.source_totals import CONFIRMED_ZERO, FIGURES, SUSPECT_ZERO, SourceTotal, record_totals
from zakaz.registry.restatements import restated
from zakaz.sources.currency import RUBLES
from zakaz.sources.qtickets import QTicketsClient
from zakaz.sources.qtickets_events import Show
from zakaz.sources.qtickets_rows import Ticket
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

TICKETS_TABLE, SHOWS_TABLE = "zakaz.raw_qtickets_tickets", "zakaz.raw_qtickets_shows"
LANDED = ("fetch_id", "fetched_at")
SHOW_FIELDS = Show._fields[:6]  # what the staging is built from
SHOW_COLUMNS = (*SHOW_FIELDS, "event_date", *LANDED)
TICKET_COLUMNS = (*Ticket._fields[:-1], "ticket_no", *LANDED)  # no note


@dataclass(frozen=True)
class Fetch:
    """One fetch, of one organiser.

    :param source: whose sales.
    """

    source: str
    fetch_id: UUID = field(default_factory=uuid4)
    fetched_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def load_qtickets(
    clients: Sequence[QTicketsClient], warehouse: WarehouseHook, days: DayRange, refund_days: int, *, deep: bool = False
) -> LoadResult:
    """Fetch days of ticket sales of all organisers and rebuild them in the staging, each organiser by itself.

    An organiser's rows change only if all its checks pass, whatever becomes of the others.

    :param clients: one per organiser.
    :param days: Moscow days, each replaced as a whole but for what others sold.
    :param refund_days: how many days after its sale a refund counts at most.
    :param deep: read all older orders for their refunds, whatever QTickets' `updated_at` says.
    :returns: tickets read, rows written, what could not be read, which organisers failed (their old rows stay), the
        sums that changed, and warnings.
    :raises ZakazError: the only organiser failed, as for `load_organiser`; the staging is unchanged.
    """

    def load(client: QTicketsClient) -> LoadResult:
        return load_organiser(client, warehouse, days, refund_days, deep=deep)

    loaded, failed = load_each(clients, load, attrgetter("source"))
    return LoadResult(
        rows_read=sum(one.rows_read for one in loaded.values()),
        rows_written=sum(one.rows_written for one in loaded.values()),
        restatements=tuple(change for one in loaded.values() for change in one.restatements),
        broken=tuple(
            f"{source}: {what}" if len(clients) > 1 else what for source, one in loaded.items() for what in one.broken
        ),
        findings=tuple(finding for one in loaded.values() for finding in one.findings),
        loaded=tuple(loaded),
        failed=failed,
    )


def load_organiser(
    client: QTicketsClient, warehouse: WarehouseHook, days: DayRange, refund_days: int, *, deep: bool
) -> LoadResult:
    """Fetch days of one organiser and rebuild them; the parameters are those of `load_qtickets`.

    :raises SourceRefused: QTickets refused a call; the staging is unchanged.
    :raises SourceUnavailable: QTickets gave no usable answer; the staging is unchanged.
    :raises SourceInconsistent: the replies contradict each other or the request; the staging is unchanged.
    :raises WarehouseUnavailable: what was landed can't be read back.
    """
    fetch = Fetch(client.source)
    sales = read_sales(client, days, refund_days, known_evidence(warehouse), deep=deep)
    if not sales.orders:
        _require_true_zero(client, warehouse, sales, fetch)
    in_rubles = [ticket for ticket in sales.tickets.values() if ticket.currency == RUBLES]
    others = [ticket for ticket in sales.tickets.values() if ticket.currency != RUBLES]
    tickets, shows, told = place(client, in_rubles)
    with warehouse.session():
        standing = standing_days(warehouse, fetch.source, days)
        _land(warehouse, fetch, [*tickets, *others, *sales.cancelled], shows)
        with restated(warehouse, fetch.source, days) as restatements:
            sql = statement("sales/stg_from_qtickets.sql")
            params = {"fetch_id": fetch.fetch_id, "sales_source": fetch.source, "refund_days": refund_days}
            written = rebuild(warehouse, STG_SALES, sql, days, **params)
            totals = _totals(sales, fetch)
            record_totals(warehouse, totals)
        keep_shows(warehouse, told, fetch.fetched_at, fetch.source)
        lost = _lost(warehouse, sales, fetch)
    if not written and any(total.tickets or total.refunds for total in totals):
        raise WarehouseUnavailable(
            f"QTickets, {days}: {len(tickets)} tickets were landed and none reached {STG_SALES.table}: rows that were "
            "just written can't be read. Behind a balancer, each insert must be seen by the next read "
            "(infra/clickhouse/README.md)"
        )
    return LoadResult(
        sales.read,
        written,
        restatements=tuple(
            replace(change, was_of_file=change.day in standing and standing[change.day].is_of_file)
            for change in restatements.found
        ),
        broken=tuple(refused.what for refused in sales.refused),
        findings=tuple(findings_of(sales, [*tickets, *others], shows, lost, client.organiser)),
    )


def known_evidence(warehouse: WarehouseHook) -> Evidence:
    """Whether refunds move `updated_at`, by all that was landed."""
    ((is_seen, contradicting),) = warehouse.execute(statement("sales/qtickets_updates.sql"))
    return Evidence(bool(is_seen), f"order {contradicting}" if contradicting else "")


def _land(warehouse: WarehouseHook, fetch: Fetch, tickets: Sequence[Ticket], shows: Sequence[Show]) -> None:
    """Land what was read.

    :raises WarehouseUnavailable: other rows or sums can be read back.
    """
    landed = (fetch.fetch_id, fetch.fetched_at)
    warehouse.insert(
        TICKETS_TABLE,
        TICKET_COLUMNS,
        [(*ticket[:-1], number, *landed) for number, ticket in enumerate(tickets, start=1)],
    )
    warehouse.insert(
        SHOWS_TABLE, SHOW_COLUMNS, [(*show[: len(SHOW_FIELDS)], event_date(show), *landed) for show in shows]
    )
    require_landed(warehouse, TICKETS_TABLE, "fetch_id", fetch.fetch_id, len(tickets))
    require_landed(warehouse, SHOWS_TABLE, "fetch_id", fetch.fetch_id, len(shows))
    (found,) = warehouse.execute(statement("sales/qtickets_landed.sql"), {"fetch_id": fetch.fetch_id})
    counted = [ticket for ticket in tickets if not ticket.cancelled]
    sent = (
        sum(ticket.quantity for ticket in counted),
        sum(ticket.revenue for ticket in counted),
        sum(ticket.refunded_amount for ticket in counted),
    )
    told = "{} tickets, {:.2f} sold and {:.2f} refunded"
    require_same(f"{TICKETS_TABLE}, fetch_id {fetch.fetch_id}", told.format(*sent), told.format(*found))


def _lost(warehouse: WarehouseHook, sales: Sales, fetch: Fetch) -> list[Ticket]:
    """The cancelled tickets that an earlier day still counts."""
    params = {"fetch_id": fetch.fetch_id, "sales_source": fetch.source}
    rows = warehouse.execute(statement("sales/qtickets_lost_cancellations.sql"), params)
    standing = {basket_id for (basket_id,) in rows}
    lost = [ticket for ticket in sales.cancelled if ticket.basket_id in standing]
    if not lost:
        return []
    days = [ticket.payed_on for ticket in lost]
    on_days = standing_days(warehouse, fetch.source, DayRange(min(days), max(days)))
    return [ticket for ticket in lost if (on := on_days.get(ticket.payed_on)) and not on.is_of_file]


def _require_true_zero(client: QTicketsClient, warehouse: WarehouseHook, sales: Sales, fetch: Fetch) -> None:
    """Cross-check days without any order, which may be true or come from a wrong token.

    :raises SourceInconsistent: QTickets does have sales on these days; or the staging has some, and QTickets has none
        from before either.
    """
    days = sales.days
    before = client.newest_paid(days.last)
    inside = [payed_at for payed_at in client.newest_paid() + before if moscow_day(payed_at) in days]
    if inside:
        contradiction = f"but among the newest ones is one paid {max(inside).isoformat()}"
    elif not before and any(
        sold.tickets_sold or sold.refunds_amount for sold in staged_sums(warehouse, fetch.source, days).values()
    ):
        contradiction = (
            "nor any before, though the staging has sales of these days: is the token that of another organiser?"
        )
    else:
        return
    record_totals(warehouse, [replace(total, state=SUSPECT_ZERO) for total in _totals(sales, fetch)])
    raise SourceInconsistent(
        f"QTickets, {days}: {SUSPECT_ZERO}: no order was paid, {contradiction}. The staging keeps its old rows"
    )


def _totals(sales: Sales, fetch: Fetch) -> list[SourceTotal]:
    """QTickets' total of each day; a day of which something could not be read is not confirmed to be empty."""
    return [
        SourceTotal(
            day=day,
            source=fetch.source,
            account_id=0,
            state=CONFIRMED_ZERO if of_day.is_empty and not _is_refused(sales, day) else FIGURES,
            impressions=0,
            clicks=0,
            amount=of_day.revenue,
            tickets=of_day.tickets,
            refunds=of_day.refunds,
            fetch_id=fetch.fetch_id,
            fetched_at=fetch.fetched_at,
        )
        for day, of_day in sales.by_day().items()
    ]


def _is_refused(sales: Sales, day: date) -> bool:
    return any(refused.days is None or day in refused.days for refused in sales.refused)
