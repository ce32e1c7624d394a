"""A line of a sales file: what it may leave out, and which of its columns tell it from another."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from zakaz.errors import InvalidInput
from zakaz.sources.sales_file import read_sales
from zakaz.sources.sales_line import COLUMNS, REQUIRED, SalesLine

LINE: dict[str, Any] = {
    "report_date": "2026-11-20",
    "event_date": "2026-12-24",
    "event_id": "4001",
    "city": "Казань",
    "tickets_sold": "2",
    "revenue": "5000.10",
}
OTHER = {
    "report_date": "2026-11-19",
    "event_date": "2026-12-25",
    "event_id": "4002",
    "show_id": "7",
    "city": "Омск",
    "utm_source": "vk",
    "utm_campaign": "omsk",
    "utm_medium": "cpc",
    "utm_content": "video",
    "utm_term": "a",
    "promo_code_id": "3",
    "discount_id": "3",
}


def test_a_line_is_the_sale_of_one_show_in_one_city_by_one_campaign_on_one_day(tmp_path: Path) -> None:
    """What else differs is to be added up."""
    for name in COLUMNS:
        file = tmp_path / f"{name}.jsonl"
        changed = {**LINE, name: OTHER.get(name, "RUB" if name == "currency" else "1")}
        file.write_text(f"{json.dumps(LINE)}\n{json.dumps(changed)}\n", "utf-8")
        if name in OTHER:
            assert len(read_sales(file)) == 2, name
        else:
            with pytest.raises(InvalidInput, match="line 2: the same sale day, event, show, city and tags as line 1"):
                read_sales(file)


def test_what_a_line_leaves_out_is_empty_zero_or_rubles() -> None:
    assert tuple(LINE) == REQUIRED
    left_out = SalesLine.model_validate(LINE).model_dump(exclude=set(REQUIRED))
    texts = ("event_name", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
    numbers = ("show_id", "tickets_refunded", "promo_code_id", "discount_id")
    amounts = ("refunds_amount", "discount_amount", "service_fee_amount", "refund_kept_amount")
    nothing = {**dict.fromkeys(texts, ""), **dict.fromkeys(numbers, 0), **dict.fromkeys(amounts, Decimal(0))}
    assert left_out == {**nothing, "currency": "RUB"}


def test_a_tag_with_an_address_of_a_buyer_is_hidden() -> None:
    tags = {
        "utm_term": "anna@mail.example",
        "utm_content": "56000017",
        "utm_source": "@kassir",
        "utm_campaign": "a%40b",
    }
    assert SalesLine.model_validate({**LINE, **tags}).model_dump(include=set(tags)) == {
        "utm_term": "hidden",
        "utm_content": "56000017",
        "utm_source": "@kassir",
        "utm_campaign": "hidden",
    }


def test_a_line_takes_no_column_that_is_not_its_own() -> None:
    """So that no personal data slip in."""
    with pytest.raises(ValidationError, match="buyer_email"):
        SalesLine.model_validate({**LINE, "buyer_email": "someone@example.com"})
