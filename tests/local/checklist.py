"""Which tests show that the platform keeps the wire contract: its section 9.1, item by item.

Of the items on data movement, 26 to 43 and 58 to 73. `test_checklist` sees to it that the
tests named here exist.
"""

from __future__ import annotations

__all__ = ["ITEMS", "TESTS"]

ITEMS = (*range(26, 44), *range(58, 74))

_STATES = "jobs/test_run_states.py"
_SETTINGS = "jobs/test_csv_settings.py"
_SCRIPTS = "jobs/test_sql_scripts.py"
_PARAMETERS = "jobs/test_sql_parameters.py"
_FORMS = "jobs/test_import_forms.py"
_IMPORTS = "jobs/test_imports.py"
_FILES = "test_file_transfers.py"
_PEOPLE = "test_users_and_credentials.py"
_BOTH = "jobs/test_both_clients.py"

#: Item -> the tests, as ``file::function`` below tests/local.
TESTS: dict[int, tuple[str, ...]] = {
    26: (
        "jobs/test_queries.py::test_post_is_200_and_queued",
        f"{_STATES}::test_a_query_is_never_idle_or_pending",
    ),
    27: (f"{_STATES}::test_runs_of_all_kinds_only_ever_show_the_five_states",),
    28: (f"{_STATES}::test_a_failed_run_always_says_why",),
    29: (f"{_STATES}::test_results_are_arrays_at_every_stage",),
    30: (f"{_STATES}::test_cells_of_every_type_are_text_or_null",),
    31: (
        f"{_STATES}::test_a_preview_has_the_rows_that_were_asked_for_and_1000_at_most",
        f"{_STATES}::test_sql_with_a_preview_of_no_rows_still_does_its_work",
    ),
    32: ("jobs/test_queries.py::test_null_and_missing_credential_are_the_default_one",),
    33: (
        f"{_PEOPLE}::test_a_fresh_user_has_one_default_credential",
        f"{_PEOPLE}::test_the_default_can_be_given_to_another_and_back",
    ),
    34: (
        f"{_PEOPLE}::test_the_databases_are_one_list_with_unique_names",
        "test_more_databases.py::test_all_databases_come_in_one_answer_whatever_page_is_asked_for",
    ),
    35: (f"{_SCRIPTS}::test_create_start_and_export",),
    36: (
        f"{_SCRIPTS}::test_create_start_and_export",
        f"{_SETTINGS}::test_no_rows_are_no_output_in_either_form",
    ),
    37: (
        f"{_SETTINGS}::test_settings_make_the_bytes",
        f"{_FILES}::test_links_need_no_key_and_their_signature_is_checked",
        f"{_FILES}::test_an_expired_link_is_refused_and_says_so",
        f"{_FILES}::test_ranges_head_and_etag",
    ),
    38: (
        f"{_SCRIPTS}::test_defaults_of_csv_settings_are_echoed_with_all_seven_keys",
        f"{_SETTINGS}::test_settings_make_the_bytes",
        "jobs/test_csv_exports.py::test_defaults_are_echoed",
    ),
    39: (f"{_SETTINGS}::test_settings_make_the_bytes",),
    40: (
        f"{_SETTINGS}::test_manifests_tell_what_their_parts_are",
        f"{_SETTINGS}::test_parts_are_no_larger_than_asked_and_cut_between_rows",
        f"{_BOTH}::test_a_multifile_export_is_complete",
    ),
    41: (f"{_SETTINGS}::test_whatever_ends_the_sql_is_no_part_of_it",),
    42: (
        f"{_SCRIPTS}::test_placeholders_are_filled_in_preview_and_run",
        f"{_PARAMETERS}::test_a_literal_is_the_text_and_nothing_else",
        f"{_PARAMETERS}::test_an_identifier_is_the_name_and_nothing_else",
        f"{_BOTH}::test_hostile_parameters_stay_values",
    ),
    43: (f"{_PARAMETERS}::test_a_required_parameter_with_a_default_is_refused_however_it_is_sent",),
    58: (
        f"{_PEOPLE}::test_json_values_come_back_parsed",
        f"{_PEOPLE}::test_what_is_no_json_is_no_json_value",
    ),
    59: (f"{_FILES}::test_a_new_file_says_where_its_content_goes",),
    60: (f"{_FILES}::test_fields_may_be_sent_as_file_parts_or_as_plain_fields",),
    61: (f"{_FILES}::test_expiry_absent_null_given_and_past",),
    62: (
        f"{_FILES}::test_parts_arrive_in_any_order_and_may_be_repeated",
        f"{_FILES}::test_parts_arrive_in_parallel",
        f"{_FILES}::test_completing_without_all_parts_is_refused_and_names_them",
    ),
    63: (f"{_FILES}::test_an_empty_file_has_no_link_and_no_detected_info",),
    64: (
        "jobs/test_preprocess.py::test_all_is_found_and_the_new_file_is_gzipped_utf8",
        "jobs/test_preprocess.py::test_what_is_told_is_taken_and_null_is_found_out",
    ),
    65: (
        f"{_IMPORTS}::test_existing_rows_are_treated_as_asked",
        f"{_FORMS}::test_upserts_by_keys",
        f"{_FORMS}::test_constraints_and_views_outlive_a_failure",
        "jobs/test_atomic_imports.py::test_a_failure_in_the_second_file_leaves_the_table_as_it_was",
        "jobs/test_killed_imports.py::test_a_killed_import_has_changed_all_or_nothing_and_says_which",
    ),
    66: (
        f"{_FORMS}::test_exactly_as_many_wrong_rows_as_allowed_are_skipped",
        "jobs/test_atomic_imports.py::test_wrong_rows_count_over_all_files",
    ),
    67: (f"{_FORMS}::test_types_are_loosened_where_the_table_is_made",),
    68: (f"{_FORMS}::test_nulls_for_lists_and_numbers_are_their_defaults",),
    69: (f"{_IMPORTS}::test_import_makes_the_table_and_the_catalog_shows_it",),
    70: (
        "test_tables.py::test_filters_order_and_pages",
        "test_table_statistics.py::test_underscores_are_no_wildcards_and_percent_and_star_are",
    ),
    71: (
        "jobs/test_file_imports.py::test_a_file_is_put_and_imported",
        f"{_FILES}::test_a_put_to_a_file_answers_exactly_200",
    ),
    72: (
        "test_table_statistics.py::"
        "test_a_refresh_goes_from_refreshing_to_current_and_is_never_stale",
    ),
    73: (
        "jobs/test_import_jobs.py::test_both_forms_of_a_sync_are_understood_and_all_options_echoed",
        "jobs/test_import_jobs.py::test_options_that_are_sent_come_back",
    ),
}
