"""Whatever the profile of the warehouse's user says: the same figures, verdicts and errors."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hostile_profile import profile
from made_rows import build_vk, stage_vk
from made_runs import attempt
from sandbox import Sandbox
from steady import rows_of
from zakaz.alerts.delivery import raise_alert
from zakaz.alerts.failure import failure_alert
from zakaz.connections.qtickets import QTicketsHook
from zakaz.connections.vk_ads import VkAdsHook
from zakaz.days import DayRange
from zakaz.pipeline.checks import check_days
from zakaz.pipeline.marts import build_dm_sales, build_dm_vk
from zakaz.pipeline.qtickets import load_qtickets
from zakaz.pipeline.vk_ads import load_vk_ads
from zakaz.registry.backfills import MISSING, Backfill, enter, settle
from zakaz.registry.mutes import mute
from zakaz.registry.runs import recorded
from zakaz.status_page.data import read
from zakaz.warehouse import hook
from zakaz.warehouse.ddl import name_of, views
from zakaz.warehouse.hook import WarehouseHook
from zakaz.warehouse.pins import PINS, PINS_OF_VIEWS
from zakaz.warehouse.sql import files

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.same_statements,
    pytest.mark.usefixtures("no_token_kept"),
    pytest.mark.timeout(300),
]
DAY = date(2026, 11, 20)
LOADED = DayRange(DAY - timedelta(days=1), DAY)
# Days without data are where a join has nothing to give.
CHECKED = DayRange(DAY - timedelta(days=3), DAY)
# From 26.9 on, no profile may ask for the old one.
NOT_TO_BE_HAD = "enable_analyzer"
CACHING = {
    "use_query_cache": 1,
    "query_cache_nondeterministic_function_handling": "save",
    "query_cache_system_table_handling": "save",
}
HOSTILE: Mapping[str, Any] = {
    "compatibility": "20.3",
    "aggregate_functions_null_for_empty": 1,
    "any_join_distinct_right_table_keys": 1,
    "asterisk_include_alias_columns": 1,
    "asterisk_include_materialized_columns": 1,
    "asterisk_include_virtual_columns": 1,
    "cast_keep_nullable": 1,
    "data_type_default_nullable": 1,
    "empty_result_for_aggregation_by_empty_set": 1,
    "enable_global_with_statement": 0,
    "enable_positional_arguments": 0,
    "group_by_use_nulls": 1,
    "join_algorithm": "full_sorting_merge",
    "join_default_strictness": "ANY",
    "join_use_nulls": 1,
    "least_greatest_legacy_null_behavior": 1,
    "legacy_column_name_of_tuple_literal": 1,
    "prefer_column_name_to_alias": 1,
    "short_circuit_function_evaluation": "disable",
    "transform_null_in": 1,
    "union_default_mode": "DISTINCT",
    "use_variant_as_common_type": 0,
    "date_time_overflow_behavior": "throw",
    "decimal_check_overflow": 0,
    "formatdatetime_parsedatetime_m_is_month_name": 0,
    "session_timezone": "America/New_York",
    "additional_table_filters": "{'meta.source_totals': '0', 'zakaz.dim_city_alias': '0'}",
    "allow_experimental_parallel_reading_from_replicas": 2,
    "apply_deleted_mask": 0,
    "do_not_merge_across_partitions_select_final": 1,
    "final": 1,
    "force_index_by_date": 1,
    "force_primary_key": 1,
    "limit": 1,
    **{name: "any" if name.startswith("group_by") else "break" for name in PINS if "overflow_mode" in name},
    "async_insert": 1,
    "wait_for_async_insert": 0,
    "async_insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "deduplicate_insert": "enable",
    "deduplicate_insert_select": "force_enable",
    "distributed_ddl_output_mode": "none",
    "insert_deduplicate": 1,
    "insert_deduplication_token": "always the same",
    "insert_null_as_default": 0,
    "date_time_input_format": "basic",
    "format_tsv_null_representation": "NULL",
    "input_format_allow_errors_num": 1000,
    "input_format_allow_errors_ratio": 1,
    "input_format_defaults_for_omitted_fields": 0,
    "input_format_force_null_for_omitted_fields": 1,
    "input_format_tsv_allow_variable_number_of_columns": 1,
    "input_format_tsv_detect_header": 1,
    "input_format_tsv_empty_as_default": 1,
    "input_format_tsv_skip_first_lines": 1,
    "date_time_output_format": "unix_timestamp",
    "extremes": 1,
    "output_format_float_precision": 1,
    "output_format_json_array_of_rows": 1,
    "output_format_json_named_tuples_as_objects": 0,
    "output_format_json_quote_64bit_floats": 1,
    "output_format_json_quote_64bit_integers": 1,
    "output_format_json_quote_decimals": 1,
    "output_format_json_quote_denormals": 1,
}
# What differs from one time to the next.
VOLATILE = (
    "_ver|newest|version|text|fetch_id|run_id|alert_id|backfill_id|incident_id|reply_no|body|message|context_json|log_url|ts|until|"
    "at|began|since_msk|started|checked|seconds|duration_seconds|hours_since_end_of_day|freshness_hours|.*_at|last_run"
)


def test_every_pin_has_a_profile_to_overrule() -> None:
    assert PINS.keys() == {*HOSTILE, "use_query_cache", NOT_TO_BE_HAD}
    assert [name for name, value in HOSTILE.items() if value == PINS[name]] == []


@pytest.mark.own_statements
def test_a_profile_reaches_no_statement_of_ours(warehouse: WarehouseHook, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = "SELECT name, value FROM system.settings"
    with profile(HOSTILE):
        ours = WarehouseHook()
        found = dict(ours.execute(everything))
        pinned = {name: str(value) for name, value in PINS.items() if name in found}
        assert {name: found[name] for name in pinned} == pinned
        lines = ours.text(everything, "JSONCompactEachRow").split("\n")
        assert pinned.items() <= dict(json.loads(line) for line in lines if line).items()
        monkeypatch.setattr(hook, "PINS", {})
        assert WarehouseHook().execute("SELECT getSetting('join_use_nulls'), getSetting('compatibility')") == [
            (True, "20.3")
        ]


def outcome(warehouse: WarehouseHook) -> dict[str, Any]:
    """All that a load of two days comes to, beginning with empty tables."""
    for table in map(name_of, files("*/tables")):
        if table != "zakaz.dim_city_alias":
            warehouse.execute(f"TRUNCATE TABLE {table}")
    said: dict[str, Any] = {}
    for job, work in (
        ("vk_fetch", lambda _: load_vk_ads(VkAdsHook().get_conn(), warehouse, LOADED)),
        ("qtickets_fetch", lambda _: load_qtickets(QTicketsHook().get_conn(), warehouse, LOADED, 5)),
        ("build_dm_vk", lambda figures: build_dm_vk(warehouse, LOADED, attempt(), figures)),
        ("build_dm_sales", lambda figures: build_dm_sales(warehouse, LOADED, attempt(), figures)),
        ("healthcheck", lambda _: check_days(warehouse, CHECKED)),
    ):
        with recorded(warehouse, attempt(job), LOADED) as figures:
            said[job] = (work(figures), figures)
    mute(warehouse, "vk_fetch", datetime.now(UTC) + timedelta(hours=1), "work")
    said["alert"] = raise_alert(warehouse, failure_alert(attempt("build_dm_vk"), "down", LOADED))
    entry = Backfill(days=CHECKED)
    enter(warehouse, entry, list(CHECKED))
    said["backfill"] = settle(warehouse, entry, MISSING)
    for name in (*map(name_of, files("*/tables")), *(name_of(file) for file in views() if "{" not in file.read_text())):
        called = rows_of(name) if ".v_" in name else f"{name} FINAL"
        rows = warehouse.execute(f"SELECT COLUMNS('.') EXCEPT('^({VOLATILE})$') FROM {called}")
        said[name] = sorted(map(repr, rows))
    said["page"] = {name: steady(part) for name, part in read({}).items()}
    return said


def steady(value: Any) -> Any:
    """Without what differs from one time to the next."""
    if isinstance(value, dict):
        return {name: steady(one) for name, one in value.items() if not re.fullmatch(VOLATILE, name)}
    if isinstance(value, str):
        return re.sub(r"свободно .*", "свободно", value)  # a disk that others write on
    return [steady(one) for one in value] if isinstance(value, list) else value


def test_a_load_comes_to_the_same_under_any_profile(warehouse: WarehouseHook, sandbox: Sandbox) -> None:
    expected = outcome(warehouse)
    assert len(expected["zakaz.dm_vk_ads_daily"]) > 10 < len(expected["zakaz.dm_sales_daily"])
    with profile(HOSTILE):
        ours = WarehouseHook()
        with ours.session():
            found = outcome(ours)
    assert [(name, found[name]) for name, value in expected.items() if found[name] != value] == []


def test_a_view_shows_the_same_to_every_reader(
    warehouse: WarehouseHook, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome(warehouse)
    names = [name_of(file) for file in views() if "{" not in file.read_text()]

    def seen(settings: Mapping[str, Any]) -> dict[str, list[str]]:
        monkeypatch.setattr(hook, "PINS", settings)
        reader = WarehouseHook()
        with reader.session():
            return {name: sorted(map(repr, reader.execute(f"SELECT * FROM {rows_of(name)}"))) for name in names}

    expected = seen({})
    for setting in PINS_OF_VIEWS:
        found = seen({setting: HOSTILE[setting]})
        assert [name for name in names if found[name] != expected[name]] == [], setting


@pytest.mark.own_statements
def test_nothing_is_answered_from_a_cache(warehouse: WarehouseHook) -> None:
    spend = "SELECT sum(spend) FROM zakaz.dm_vk_ads_daily FINAL"
    with profile(CACHING):
        ours = WarehouseHook()
        for spent in (Decimal(1), Decimal(2)):
            stage_vk(ours, {"spend": spent})
            build_vk(ours)
            assert ours.execute(spend) == [(spent,)]


ALIASES = (
    "ENGINE = ReplacingMergeTree(_ver, _deleted) ORDER BY alias SETTINGS non_replicated_deduplication_window = 1000"
)


@pytest.mark.own_statements
def test_what_was_written_before_in_the_same_words_is_written_again(warehouse: WarehouseHook) -> None:
    """As on replicated tables, by the runbook's statement, which `bin/zakaz sql` runs."""
    warehouse.execute("DROP TABLE IF EXISTS zakaz.alias_of_test SYNC")
    warehouse.execute(f"CREATE TABLE zakaz.alias_of_test AS zakaz.dim_city_alias {ALIASES}")
    try:
        for city in "ABA":
            warehouse.formatted(f"INSERT INTO zakaz.alias_of_test (alias, city) VALUES ('питер', '{city}')", "TSV")
        assert warehouse.execute("SELECT city FROM zakaz.alias_of_test FINAL") == [("A",)]
        for city in "BAB":
            warehouse.insert("zakaz.alias_of_test", ("alias", "city"), [("питер", city)])
        assert warehouse.execute("SELECT city FROM zakaz.alias_of_test FINAL") == [("B",)]
    finally:
        warehouse.execute("DROP TABLE zakaz.alias_of_test SYNC")
