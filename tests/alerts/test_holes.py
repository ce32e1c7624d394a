"""Days that nobody makes up: found however old, told once with the command that fills them, seen in the light."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from few_examples import a_few
from made_runs import age_alerts, attempt, put_good_days, put_run
from sandbox import Sandbox
from zakaz.alerts.schedule import Schedule
from zakaz.alerts.sweep import sweep
from zakaz.alerts.watch import watch
from zakaz.connections.telegram_text import LONGEST_MESSAGE
from zakaz.days import MOSCOW, DayRange
from zakaz.days import last_complete_day as yesterday
from zakaz.pipeline.backfill_plan import lacking_days
from zakaz.registry.backfills import Backfill, enter
from zakaz.registry.missing import holes, missing_days
from zakaz.settings import settings
from zakaz.sources.vk_ads import first_reachable_day
from zakaz.warehouse.hook import WarehouseHook

ALIVE = Schedule(is_known=True, is_scheduler_alive=True)
pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.same_statements,
    pytest.mark.usefixtures("no_token_kept"),
    pytest.mark.timeout(300),
]


def ago(days: int) -> date:
    return yesterday() - timedelta(days=days)


def this_morning() -> datetime:
    return datetime.combine(ago(-1), time(8), MOSCOW)


def good(warehouse: WarehouseHook, ages: Iterable[int]) -> None:
    put_good_days(warehouse, [DayRange(ago(age), ago(age)) for age in ages])


def scheduled(warehouse: WarehouseHook, ages: Iterable[int]) -> None:
    """Good runs of the scheduler, which look back a week, for sales a month."""
    for age in ages:
        for job, days_back in (("vk_fetch", 6), ("build_dm_sales", 29), ("healthcheck", 29)):
            put_run(warehouse, attempt(job, ago(age), "scheduled"), "ok", day=ago(age), days_back=days_back)


def told(sandbox: Sandbox) -> list[str]:
    return [message["plain"] for message in sandbox.messages() if "Пропущенные дни" in message["plain"]]


def light(warehouse: WarehouseHook) -> tuple[str, int, str]:
    ((colour, days, reason),) = warehouse.execute(
        "SELECT light, missing_days, reason FROM bi.v_etl_status WHERE job = 'zakaz_etl'"
    )
    return colour, days, reason


def test_twenty_days_off_leave_no_day_missing_in_silence(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    scheduled(warehouse, range(20, 41))
    watch(warehouse, ALIVE, this_morning())
    (message,) = told(sandbox)
    assert message.startswith("🟡 Пропущенные дни: 13\n")
    assert f"bin/zakaz backfill --from {ago(19)} --to {ago(7)} --only-gaps\n" in message
    assert "догоняет не больше 7 последних дней" in message
    assert len([one for one in sandbox.messages() if "Нет данных" in one["plain"]]) == 1, "the week is late, no hole"
    assert warehouse.execute(
        "SELECT severity, job, code, delivery FROM meta.etl_alerts FINAL WHERE code = 'HOLES'"
    ) == [("warning", "zakaz_etl", "HOLES", "sent")]

    # The scheduler makes up a week. What its first run rereads, it checks, and so vouches for; the rest stays missing.
    scheduled(warehouse, range(7))
    missing = watch(warehouse, ALIVE, this_morning())
    assert holes(missing) == [DayRange(ago(19), ago(13))]
    assert not any(one.is_late for one in missing)
    period = f"{ago(19):%d.%m.%Y} – {ago(13):%d.%m.%Y}"
    assert light(warehouse) == ("yellow", 7, f"данные полные по {yesterday():%d.%m.%Y}; не хватает дней: 7 ({period})")
    watch(warehouse, ALIVE, this_morning() + timedelta(hours=1))
    digest = sandbox.messages()[-1]["plain"]
    assert digest.startswith("🟡 Есть на что посмотреть")
    assert f"Не хватает дней: 7 ({period})" in digest
    assert len(told(sandbox)) == 1, "told once"

    good(warehouse, range(13, 20))
    assert watch(warehouse, ALIVE, this_morning()) == []
    assert light(warehouse)[:2] == ("green", 0)
    assert len(told(sandbox)) == 1, "what is filled is not told"


def test_holes_are_told_again_when_they_are_more_and_not_when_they_are_fewer(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    good(warehouse, [*range(7), 12, 30])
    watch(warehouse, ALIVE, this_morning())
    good(warehouse, [20])
    watch(warehouse, ALIVE, this_morning())
    assert len(told(sandbox)) == 1
    # The first good day is earlier now.
    good(warehouse, [33])
    watch(warehouse, ALIVE, this_morning())
    _, again = told(sandbox)
    assert again.startswith("🟡 Пропущенные дни: 23\n")
    assert f"--from {ago(32)} --to {ago(7)} --only-gaps" in again
    assert warehouse.execute("SELECT DISTINCT delivery FROM meta.etl_alerts FINAL") == [("sent",)]


def test_what_telegram_did_not_take_of_growing_holes_is_summed_up_with_what_to_do(
    warehouse: WarehouseHook, sandbox: Sandbox
) -> None:
    sandbox.fault("telegram", "500")
    for first in (30, 33):
        good(warehouse, [*range(7), first])
        watch(warehouse, ALIVE, this_morning())
    sandbox.clear_faults()
    for _ in range(2):
        age_alerts(warehouse, 15)
        sweep(warehouse)
    late, summed = [message["plain"] for message in sandbox.messages()]
    assert "Доставлено с опозданием" in late
    assert "такое же предупреждение ещё 1 раз" in summed
    assert f"загрузить эти дни: bin/zakaz backfill --from {ago(32)} --to {ago(7)} --only-gaps" in summed


def test_a_day_that_was_told_as_late_is_not_told_again_as_a_hole(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    """A DAG that is paused for weeks: one message a day, not two."""
    good(warehouse, [9])
    for days_later in (0, 1, 2):
        watch(warehouse, ALIVE, this_morning() - timedelta(days=2 - days_later))
    assert holes(missing_days(warehouse, this_morning())) == [DayRange(ago(8), ago(7))]
    assert told(sandbox) == []
    assert light(warehouse)[0] == "red"


def test_many_holes_are_one_message_within_telegram_s_limit(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    good(warehouse, [*range(7), *range(9, 366, 2)])
    watch(warehouse, ALIVE, this_morning())
    (message,) = told(sandbox)
    found = holes(missing_days(warehouse, this_morning()))
    assert len(message) < LONGEST_MESSAGE
    assert message.count("\n• ") == 10
    assert f"… и ещё периодов: {len(found) - 10}. Все дни: bin/zakaz gaps" in message
    (command,) = re.findall(r"bin/zakaz backfill .*", message)
    assert command == f"bin/zakaz backfill --from {found[0].first} --to {found[-1].last} --only-gaps"
    assert light(warehouse)[2].endswith(f"({found[0].first:%d.%m.%Y} и позже)")


def test_days_that_a_backfill_is_about_to_do_are_told_if_it_dies(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    good(warehouse, [*range(7), 30])
    days = DayRange(ago(29), ago(7))
    entry = Backfill(days=days)
    enter(warehouse, entry, list(days))
    watch(warehouse, ALIVE, this_morning())
    assert told(sandbox) == []
    assert light(warehouse)[0] == "yellow", "missing all the same"
    warehouse.execute("TRUNCATE TABLE meta.backfills")
    enter(warehouse, Backfill(days=days, started_at=datetime.now(UTC) - timedelta(hours=25)), list(days))
    watch(warehouse, ALIVE, this_morning())
    assert len(told(sandbox)) == 1


def test_what_telegram_did_not_take_is_told_later_and_once(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    good(warehouse, [*range(7), 30])
    sandbox.fault("telegram", "500")
    watch(warehouse, ALIVE, this_morning())
    sandbox.clear_faults()
    for _ in range(2):
        watch(warehouse, ALIVE, this_morning())
    assert len(told(sandbox)) == 1


ages = st.sets(st.integers(0, 380), max_size=25)
spans = st.lists(st.tuples(st.integers(0, 380), st.integers(0, 60)), max_size=3)


@a_few
@given(single=ages, long=spans, catchup_days=st.sampled_from([1, 7, 40, 1_000_000]))
def test_a_missing_day_is_late_or_a_hole_and_everybody_counts_the_same(
    warehouse: WarehouseHook, single: set[int], long: list[tuple[int, int]], catchup_days: int
) -> None:
    warehouse.execute("TRUNCATE TABLE meta.etl_runs")
    runs = [DayRange(ago(age + back), ago(age)) for age, back in [*((age, 0) for age in single), *long]]
    put_good_days(warehouse, runs)
    now = datetime.now(UTC)
    due = (now.astimezone(MOSCOW) - timedelta(hours=7, minutes=30)).date() - timedelta(days=1)
    done = {day for days in runs for day in days}
    first = max(min(done), first_reachable_day(now)) if done else due
    expected = {first + timedelta(days=number) for number in range((due - first).days + 1)} - done

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHUP_DAYS", str(catchup_days))
        settings.cache_clear()
        found = missing_days(warehouse, now)
    settings.cache_clear()
    assert [one.day for one in found] == sorted(expected, reverse=True)
    assert {one.day for one in found if one.is_late} == {day for day in expected if (due - day).days < catchup_days}
    assert [one.day for one in lacking_days(warehouse, None)] == sorted(expected)
    colour, days, _ = light(warehouse)
    assert days == len(expected)
    is_fresh = bool(done) and max(done) >= due
    assert colour == ("red" if not is_fresh else "yellow" if expected else "green")
