"""An independent audit: the sources' own totals, read anew, against staging, mart and bi; it changes none of them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from zakaz.connections.qtickets import CONNECTION as QTICKETS
from zakaz.connections.qtickets import QTicketsHook
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import DayRange
from zakaz.errors import ZakazError
from zakaz.pipeline.qtickets import known_evidence
from zakaz.pipeline.qtickets_reading import read_sales
from zakaz.secrets import masked_line
from zakaz.settings import settings
from zakaz.sources.qtickets import SOURCE as SALES_SOURCE
from zakaz.sources.qtickets import QTicketsClient
from zakaz.sources.vk_ads import VkAdsClient, first_reachable_day
from zakaz.sources.vk_statistics import Figures
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.sql import statement

# Of these the sources give no total: only staging, mart and bi are compared.
WITHOUT_TOTAL = {"goals"}
KOPECK = Decimal("0.01")
ADS_FIGURES = ("impressions", "clicks", "spend", "goals")
SALES_FIGURES = ("tickets_sold", "revenue", "refunds_amount")


class Subject(NamedTuple):
    """Whose figures of a Moscow day are compared; sales have the account 0.

    A source `file:NAME` is nobody who could be asked: its layers are compared with each other.
    """

    day: date
    source: str
    account_id: int


class Layers(NamedTuple):
    """One figure in the warehouse; rubles for money."""

    staged_rows: int = 0
    staged: Decimal = Decimal(0)
    built: Decimal = Decimal(0)
    shown: Decimal = Decimal(0)


class Comparison(NamedTuple):
    """One figure of a day, as its source says it and as the warehouse has it.

    :param said: None if the source was not asked, or gives no total of it.
    """

    subject: Subject
    figure: str
    said: Decimal | None
    layers: Layers

    @property
    def is_equal(self) -> bool:
        """Whether all agree: to the kopeck, but for VK's own total, which is rounded ad by ad."""
        layers = self.layers
        rounding = KOPECK * layers.staged_rows if self.figure == "spend" else 0
        agrees = self.said is None or abs(self.said - layers.staged) <= rounding
        return agrees and layers.staged == layers.built == layers.shown

    def __str__(self) -> str:
        subject, account = self.subject, f" account {self.subject.account_id}" if self.subject.account_id else ""
        unsaid = "none" if self.figure in WITHOUT_TOTAL else "not asked"
        said = unsaid if self.said is None else self.said
        return (
            f"{subject.day} {subject.source}{account}, {self.figure}: source {said}, staging {self.layers.staged}, "
            f"mart {self.layers.built}, bi {self.layers.shown}"
        )


@dataclass
class Said:
    """What the sources say.

    :param figures: by subject, then by name of the figure; days without any are zeros.
    :param not_asked: why some days or sources could not be asked, one line each.
    """

    figures: dict[Subject, Mapping[str, Decimal]] = field(default_factory=dict)
    not_asked: list[str] = field(default_factory=list)

    @contextmanager
    def or_why_not(self, whom: str) -> Iterator[None]:
        """Ask one account or source: if it gives no usable totals, the others are asked all the same."""
        try:
            yield
        except ZakazError as error:
            self.not_asked.append(f"{whom}: {masked_line(error)}")


def audit(warehouse: WarehouseHook, days: DayRange) -> tuple[list[Comparison], list[str]]:
    """Ask the sources for their totals of Moscow days, and compare them with the warehouse.

    :returns: the comparisons by day, source, account and figure; and what could not be asked, one line each.
    :raises DayNotOver: the last day is today or in the future, by Moscow time.
    """
    days.require_over()
    said = Said()
    _ask_vk_ads(days, said)
    _ask_qtickets(warehouse, days, said)
    kept: dict[tuple[Subject, str], Layers] = {}
    for day, source, account_id, figure, *layers in warehouse.execute(statement("report/audit.sql"), days.bounds):
        rows, *amounts = layers
        kept[Subject(day, source, account_id), figure] = Layers(rows, *map(Decimal, amounts))
    subjects = said.figures.keys() | {subject for subject, _ in kept}
    said.not_asked += _accounts_not_asked(subjects - said.figures.keys())
    return [
        Comparison(
            subject,
            figure,
            said.figures[subject].get(figure, Decimal(0))
            if subject in said.figures and figure not in WITHOUT_TOTAL
            else None,
            kept.get((subject, figure), Layers()),
        )
        for subject in sorted(subjects)
        for figure in (ADS_FIGURES if subject.source == "vk_ads" else SALES_FIGURES)
    ], said.not_asked


def _accounts_not_asked(subjects: Collection[Subject]) -> list[str]:
    days_of = defaultdict[str, list[date]](list)
    for day, source, account_id in sorted(subjects):
        if source == "vk_ads" and day >= first_reachable_day():
            days_of[f"vk_ads: account {account_id}"].append(day)
        elif source.startswith(f"{SALES_SOURCE}:"):
            days_of[source].append(day)
    return [
        f"{name} has rows from {min(days)} to {max(days)}, and is none of those that answered"
        for name, days in days_of.items()
    ]


def _ask_vk_ads(days: DayRange, said: Said) -> None:
    reachable = days.since(first_reachable_day())
    if reachable != days:
        said.not_asked.append(f"vk_ads serves no day before {first_reachable_day()}")
    if reachable is None:
        return
    clients: list[VkAdsClient] = []
    with said.or_why_not("vk_ads"):
        clients = VkAdsHook().get_conn()
    for client in clients:
        with said.or_why_not(f"vk_ads account {client.name}" if client.name else "vk_ads"):
            account_id = client.account_id()
            totals = {
                day: of_day for _, found in client.account_days(account_id, reachable) for day, of_day in found.items()
            }
            said.figures |= {
                Subject(day, "vk_ads", account_id): {
                    name: Decimal(amount) for name, amount in totals.get(day, Figures())._asdict().items()
                }
                for day in reachable
            }


def _ask_qtickets(warehouse: WarehouseHook, days: DayRange, said: Said) -> None:
    hook = QTicketsHook()
    if not hook.is_set_up():
        said.not_asked.append(f"qtickets: there is no connection {QTICKETS}")
        return
    evidence = known_evidence(warehouse)
    clients: list[QTicketsClient] = []
    with said.or_why_not(SALES_SOURCE):
        clients = hook.get_conn()
    for client in clients:
        with said.or_why_not(client.source):
            sales = read_sales(client, days, settings().refund_days, evidence, deep=True)
            said.not_asked += [f"{client.source}: {refused.what}" for refused in sales.refused]
            for day, sums in sales.by_day().items():
                said.figures[Subject(day, client.source, 0)] = {
                    "tickets_sold": Decimal(sums.tickets),
                    "revenue": sums.revenue,
                    "refunds_amount": sums.refunds,
                }
