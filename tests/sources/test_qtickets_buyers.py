"""Nothing of a buyer is left when the QTickets client has read a reply."""

import gc
import json
import traceback
import types
from collections.abc import Iterator
from typing import Any

import pytest

from loud_logs import all_told
from made_replies import ONE_DAY, basket, client_of, event, order, orders_of, page
from zakaz.errors import SourceInconsistent, ZakazError
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.warehouse.hook import WarehouseHook

# Each text and number must be nowhere once the reply has been read.
PERSONAL_TEXTS = [f"LEAKED-{number:02d}-Иванова" for number in range(40)]
PERSONAL_NUMBERS = [777000777000 + number for number in range(4)]


def full_of_buyers(**changed: Any) -> dict[str, Any]:
    """An order with every personal or secret field of the reference, in text and in numbers."""
    texts = iter(PERSONAL_TEXTS)
    numbers = iter(PERSONAL_NUMBERS)
    of_ticket = {
        name: next(texts)
        for name in (
            *(
                "client_email",
                "client_phone",
                "client_name",
                "client_surname",
                "client_middlename",
                "client_legal_name",
            ),
            *("barcode", "pdf_url", "passbook_url", "organization_name", "legal_name", "inn", "kpp", "seat_name"),
        )
    }
    client = {"id": next(numbers), "email": next(texts), "phone": next(texts)}
    client["details"] = {"name": next(texts), "surname": next(texts), "fields": [next(texts)]}
    return order(
        501,
        basket(**of_ticket, refunds=[{"comment": next(texts)}]),
        basket(id=9002, price=777.77, client_id=next(numbers), **of_ticket),
        client=client,
        client_id=next(numbers),
        payment_card_number=next(texts),
        payment_url=next(texts),
        cancel_url=next(texts),
        access_code_id=next(numbers),
        uniqid=next(texts),
        integrations={"crm": {"lead": next(texts)}},
        custom={"note": next(texts)},
        fields=[{"name": next(texts), "value": next(texts)}],
        refunds=[{"card": next(texts)}],
        # As a mailing tags its links with the one it went to.
        utm={"utm_source": "vk_ads", "utm_content": f"{next(texts)}@mail.example", "utm_term": "+7 (977) 700-07-77"},
        **changed,
    )


def leaks(text: str) -> list[str]:
    return [secret for secret in ("LEAKED", "Иванова", "777000777", "700-07") if secret in text]


def reachable(*roots: Any) -> Iterator[str]:
    """Every text and number that can be reached from some objects, the variables of functions included; not ours."""
    passed: set[int] = set()
    waiting: list[Any] = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in passed or isinstance(one, type | types.ModuleType | types.FunctionType):
            continue
        passed.add(id(one))
        if isinstance(one, str | int):
            yield str(one)
        elif isinstance(one, bytes | bytearray):
            yield one.decode(errors="replace")
        elif isinstance(one, types.FrameType):  # without those that called it, which are this file's in the end
            waiting += one.f_locals.values() if one.f_code.co_filename != __file__ else []
        else:
            waiting += gc.get_referents(one)


def dump(warehouse: WarehouseHook) -> str:
    """All that stands in the warehouse."""
    with warehouse.session():
        tables = warehouse.execute(
            "SELECT database, name FROM system.tables WHERE database IN ('zakaz', 'meta') AND engine LIKE '%MergeTree'"
        )
        return "\n".join(
            str(warehouse.execute(f"SELECT * FROM {database}.{table}")) for database, table in sorted(tables)
        )


def test_a_reply_full_of_buyers_leaves_nothing_of_them(
    scripted: Any, warehouse: WarehouseHook, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_told(caplog, monkeypatch)
    sent = json.dumps(page(full_of_buyers()), ensure_ascii=False)
    assert sum(text in sent for text in PERSONAL_TEXTS) == 30
    assert all(str(number) in sent for number in PERSONAL_NUMBERS)
    assert leaks("".join(reachable([json.loads(sent)]))) == ["LEAKED", "Иванова", "777000777", "700-07"]

    scripted.says(page(full_of_buyers())).says(page(event()))
    assert load_qtickets([client_of(scripted.url)], warehouse, ONE_DAY, 1).rows_written == 1
    dumped = dump(warehouse)
    assert "777.77" in dumped
    assert "/api/rest/v1/orders" in caplog.text, "the log is read at a level where requests are told"
    assert leaks(dumped + caplog.text) == []

    scripted.asked.clear()
    client = client_of(scripted.url)
    pages = client.orders(ONE_DAY)
    orders = next(pages)
    assert len(orders[0].tickets) == 2
    assert leaks("\n".join(reachable(orders, client, pages))) == []


LEAK = PERSONAL_TEXTS[0]
WHOLE = json.dumps(page(full_of_buyers()), ensure_ascii=False).encode()
DAMAGED: list[tuple[str, int, Any]] = [
    ("cut", 200, WHOLE[:-2]),
    ("not JSON", 200, f"<html>{LEAK}</html>".encode()),
    ("a key twice", 200, WHOLE.replace(b'"client"', f'"{LEAK}": 1, "{LEAK}": 2, "client"'.encode(), 1)),
    ("no paging", 200, {"data": [full_of_buyers()]}),
    ("paging of text", 200, {**page(full_of_buyers()), "paging": {"perPage": LEAK, "currentPage": 1, "total": 1}}),
    ("rows of text", 200, page(LEAK)),
    ("another page", 200, page(full_of_buyers(), number=2)),
    ("a cut list", 200, page(full_of_buyers(), total=2)),
    ("not paid", 200, page(full_of_buyers(payed=False))),
    ("paid another day", 200, page(full_of_buyers(payed_at="2026-11-25T00:00:00+03:00"))),
    *(
        (f"{name} of text", 200, page({**full_of_buyers(), name: LEAK}))
        for name in ("id", "payed", "payed_at", "deleted_at", "event_id", "utm", "baskets")
    ),
    ("currency of a list", 200, page({**full_of_buyers(), "currency_id": [LEAK]})),
    ("tags of a list", 200, page({**full_of_buyers(), "utm": {"utm_source": [LEAK]}})),
    *(
        (f"{name} of a basket of text", 200, page({**full_of_buyers(), "baskets": [basket(**{name: LEAK})]}))
        for name in ("id", "show_id", "price", "quantity", "deleted_at", "refunded_at")
    ),
    ("refused", 403, {"error": LEAK, "status": 403, "code": LEAK, "info": full_of_buyers()}),
    ("not there", 404, f"<html>{LEAK}</html>".encode()),
    ("too many", 429, {"error": LEAK}),
    ("broken", 500, WHOLE),
]


def left_by(failed: BaseException) -> list[str]:
    """What of the buyers an error shows, or keeps in memory."""
    return leaks("\n".join([*traceback.format_exception(failed), repr(failed), *reachable(failed)]))


@pytest.mark.parametrize(("status", "body"), [case[1:] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
def test_nor_does_a_damaged_one(
    scripted: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, status: int, body: Any
) -> None:
    all_told(caplog, monkeypatch)
    scripted.says(body, status)
    try:
        orders = orders_of(scripted.url)
        left = leaks("\n".join([repr(orders), *reachable(orders)]))
    except ZakazError as error:
        left = left_by(error)
    assert left + leaks(caplog.text) == []


def test_nor_does_the_second_question(scripted: Any) -> None:
    scripted.says(page(full_of_buyers(payed_at=LEAK)))
    with pytest.raises(SourceInconsistent, match="the newest 1 orders are all without a readable payed_at") as caught:
        client_of(scripted.url).newest_paid()
    assert left_by(caught.value) == []
