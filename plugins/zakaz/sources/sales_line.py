"""One line of a sales file."""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from zakaz.sources.currency import RUBLES
from zakaz.sources.sales_cells import City, Count, Currency, Day, Identifier, Rubles, Tag, Text


class SalesLine(BaseModel):
    """One line of an export; unknown columns are rejected, so that no personal data slip in.

    :param report_date: Moscow day of the sale or refund. :param event_date: local day of the show.
    :param revenue: rubles. :param refunds_amount: rubles, on the day of the refund.
    :param discount_amount, service_fee_amount: rubles, on the day of the sale. :param refund_kept_amount: rubles of the
        price that were not given back, on the day of the refund.
    """

    model_config = ConfigDict(extra="forbid")

    report_date: Day
    event_date: Day
    event_id: Identifier
    event_name: Text = ""
    show_id: Identifier = 0
    city: City
    utm_source: Tag = ""
    utm_campaign: Tag = ""
    tickets_sold: Count
    revenue: Rubles
    refunds_amount: Rubles = Decimal(0)
    tickets_refunded: Count = 0
    currency: Currency = RUBLES
    utm_medium: Tag = ""
    utm_content: Tag = ""
    utm_term: Tag = ""
    promo_code_id: Identifier = 0
    discount_id: Identifier = 0
    discount_amount: Rubles = Decimal(0)
    service_fee_amount: Rubles = Decimal(0)
    refund_kept_amount: Rubles = Decimal(0)

    @property
    def key(self) -> tuple[Any, ...]:
        """The key of the staging and of the parts of its rows, which must be unique in an export."""
        return (
            self.report_date,
            self.event_date,
            self.event_id,
            self.show_id,
            self.city,
            self.utm_source,
            self.utm_campaign,
            self.utm_medium,
            self.utm_content,
            self.utm_term,
            self.promo_code_id,
            self.discount_id,
        )


COLUMNS = tuple(SalesLine.model_fields)
REQUIRED = tuple(name for name, field in SalesLine.model_fields.items() if field.is_required())
