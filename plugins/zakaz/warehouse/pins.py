"""The ClickHouse settings that every statement has, whatever the profile of the connection's user says.

They are those that could change a figure, a verdict or a refusal. What only makes a statement slower, or ends it with
an error about a limit, stays the profile's; so do `insert_quorum` and `select_sequential_consistency`, which a cluster
behind a balancer needs (infra/clickhouse/README.md).
"""

from collections.abc import Mapping
from typing import Any

OVERFLOWS = ("distinct", "group_by", "join", "read", "result", "set", "sort", "timeout", "transfer")

PINS: Mapping[str, int | str] = {
    # Empty: the profile asks for no defaults of an older release, which are dozens of other settings.
    "compatibility": "",
    "enable_analyzer": 1,
    # What NULL, no row and a name mean.
    "aggregate_functions_null_for_empty": 0,
    "any_join_distinct_right_table_keys": 0,
    "asterisk_include_alias_columns": 0,
    "asterisk_include_materialized_columns": 0,
    "asterisk_include_virtual_columns": 0,
    "cast_keep_nullable": 0,
    "data_type_default_nullable": 0,
    "empty_result_for_aggregation_by_empty_set": 0,
    "enable_global_with_statement": 1,
    "enable_positional_arguments": 1,
    "group_by_use_nulls": 0,
    "join_algorithm": "direct,parallel_hash,hash",
    "join_default_strictness": "ALL",
    "join_use_nulls": 0,
    "least_greatest_legacy_null_behavior": 0,
    "legacy_column_name_of_tuple_literal": 0,
    "prefer_column_name_to_alias": 0,
    "short_circuit_function_evaluation": "enable",
    "transform_null_in": 0,
    "union_default_mode": "",
    "use_variant_as_common_type": 1,
    # Figures and times.
    "date_time_overflow_behavior": "ignore",
    "decimal_check_overflow": 1,
    "formatdatetime_parsedatetime_m_is_month_name": 1,
    "session_timezone": "UTC",
    # Which rows are read. Some statements count versions and tombstones, and so don't say FINAL.
    "additional_table_filters": "{}",
    "allow_experimental_parallel_reading_from_replicas": 0,
    "apply_deleted_mask": 1,
    "do_not_merge_across_partitions_select_final": 0,
    "final": 0,
    "force_index_by_date": 0,
    "force_primary_key": 0,
    "limit": 0,
    "use_query_cache": 0,
    # A limit that is met is an error, and never part of the rows.
    **{f"{what}_overflow_mode": "throw" for what in OVERFLOWS},
    "read_overflow_mode_leaf": "throw",
    "timeout_overflow_mode_leaf": "throw",
    # All that is written is there when the statement ends, also what was written in the same words before. Its
    # versions make a second try harmless.
    "async_insert": 0,
    "wait_for_async_insert": 1,
    "async_insert_deduplicate": 0,
    "deduplicate_blocks_in_dependent_materialized_views": 0,
    "deduplicate_insert": "disable",
    "deduplicate_insert_select": "disable",
    "distributed_ddl_output_mode": "throw",
    "insert_deduplicate": 0,
    "insert_deduplication_token": "",
    "insert_null_as_default": 1,
    # How rows are read.
    "date_time_input_format": "best_effort",
    "format_tsv_null_representation": "\\N",
    "input_format_allow_errors_num": 0,
    "input_format_allow_errors_ratio": 0,
    "input_format_defaults_for_omitted_fields": 1,
    "input_format_force_null_for_omitted_fields": 0,
    "input_format_tsv_allow_variable_number_of_columns": 0,
    "input_format_tsv_detect_header": 0,
    "input_format_tsv_empty_as_default": 0,
    "input_format_tsv_skip_first_lines": 0,
    # How results are written.
    "date_time_output_format": "simple",
    "extremes": 0,
    "output_format_float_precision": 0,
    "output_format_json_array_of_rows": 0,
    "output_format_json_named_tuples_as_objects": 1,
    "output_format_json_quote_64bit_floats": 0,
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_quote_decimals": 0,
    "output_format_json_quote_denormals": 0,
}

# A view is read under its reader's profile: these, of those above, have been seen to change what one shows. Each server
# knows them.
PINS_OF_VIEWS = (
    "aggregate_functions_null_for_empty",
    "empty_result_for_aggregation_by_empty_set",
    "enable_global_with_statement",
    "join_default_strictness",
    "join_use_nulls",
    "prefer_column_name_to_alias",
)


def assigned(settings: Mapping[str, Any]) -> str:
    """Settings as SQL has them, after SET or SETTINGS."""
    return ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())


def _literal(value: Any) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
