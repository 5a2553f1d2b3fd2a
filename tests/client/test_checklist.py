"""Which tests show that the client keeps the wire contract: its section 9.2, items 1-31, 46-48."""

from __future__ import annotations

from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]
_SESSION = "transport/test_session.py"
_RETRY = "transport/test_retry.py"
_RAW = "transport/test_raw_answers.py"
_CALLS = "client/test_calls.py"
_PAGES = "client/test_pages.py"
_RESPONSE = "client/test_response.py"
_START = "client/test_startup.py"
_FAILURES = "futures/test_failures.py"

#: Item -> the tests, as ``file::function`` below tests.
SHOWN: dict[int, tuple[str, ...]] = {
    1: (
        f"{_SESSION}::test_base_url_works_with_and_without_slash",
        f"{_START}::test_key_and_endpoint_come_from_the_environment",
    ),
    2: (f"{_START}::test_missing_key_names_both_ways_out",),
    3: (f"{_SESSION}::test_request_carries_key_user_agent_and_no_job_headers",),
    4: (f"{_START}::test_user_agent_can_be_set",),
    5: (f"{_SESSION}::test_job_headers_are_sent_inside_a_job",),
    6: (
        f"{_SESSION}::test_presigned_urls_and_other_hosts_get_no_key",
        f"{_RAW}::test_redirect_to_another_port_loses_the_key",
        "transfer/test_download.py::test_no_credentials_are_sent",
    ),
    7: (
        f"{_RETRY}::test_answer_is_asked_for_again",
        f"{_RETRY}::test_answer_is_final",
        "client/test_recover.py::test_job_that_was_not_made_is_made",
    ),
    8: (
        f"{_RETRY}::test_retry_after_is_the_least_wait",
        f"{_RETRY}::test_retry_after_may_be_a_date",
    ),
    9: (
        f"{_RETRY}::test_patience_ends_after_ten_attempts_or_ten_minutes",
        f"{_RETRY}::test_used_up_retries_give_the_last_answer",
    ),
    10: (
        f"{_RETRY}::test_broken_connection_of_a_write_is_not_repeated",
        f"{_RETRY}::test_post_of_which_no_byte_was_sent_is_repeated",
    ),
    11: (f"{_SESSION}::test_401_is_a_key_error_without_a_challenge",),
    12: (f"{_SESSION}::test_error_has_status_message_method_and_path",),
    13: (f"{_RAW}::test_error_says_what_the_server_said",),
    14: (
        f"{_RAW}::test_whole_answer_without_content_is_no_error",
        f"{_RESPONSE}::test_empty_answer_is_false_and_holds_none",
    ),
    15: ("spec/test_names.py::test_method_names",),
    16: (f"{_CALLS}::test_old_names_warn_and_work",),
    17: (
        "spec/test_parse.py::test_deprecated_operations_have_no_method",
        f"{_CALLS}::test_deprecated_operation_warns_with_the_words_of_the_specification",
    ),
    18: (f"{_CALLS}::test_wrong_arguments_are_refused_with_the_allowed_ones",),
    19: (
        "spec/test_parse.py::test_required_arguments_are_positional_in_the_order_of_the_specification",
        "client/test_surface.py::test_resources_and_methods_have_the_same_names_and_signatures",
    ),
    20: ("spec/test_names.py::test_camel_to_snake_at_the_corners",),
    21: (f"{_CALLS}::test_query_lists_are_repeated_and_none_is_dropped",),
    22: (
        f"{_CALLS}::test_query_lists_are_repeated_and_none_is_dropped",
        f"{_CALLS}::test_only_what_was_given_is_sent_in_snake_case",
    ),
    23: (
        f"{_PAGES}::test_nothing_is_fetched_before_the_first_item",
        f"{_PAGES}::test_all_items_come_once_and_the_other_arguments_are_kept",
    ),
    24: (
        f"{_PAGES}::test_the_number_of_pages_spares_the_empty_one",
        f"{_PAGES}::test_server_that_gives_its_last_page_again_ends_the_list",
        f"{_PAGES}::test_server_that_repeats_a_page_though_there_is_more_is_noticed",
    ),
    25: (
        f"{_RESPONSE}::test_fields_read_in_every_way",
        f"{_RESPONSE}::test_nothing_can_be_changed",
    ),
    26: (
        f"{_RESPONSE}::test_keys_of_the_users_own_data_stay_as_they_are",
        f"{_RESPONSE}::test_value_of_an_output_is_plain_json_only_for_json_values",
        f"{_CALLS}::test_value_of_a_json_value_stays_plain",
    ),
    27: (f"{_RESPONSE}::test_headers_tell_the_rate_limit",),
    28: (f"{_RESPONSE}::test_find_by_function_and_fields",),
    29: ("futures/test_future.py::test_states_that_are_not_final_are_waited_out",),
    30: ("futures/test_future.py::test_failure_raises_with_ids_and_the_servers_words",),
    31: (
        f"{_FAILURES}::test_empty_error_falls_back_to_the_log",
        f"{_FAILURES}::test_empty_error_of_a_query_never_asks_for_run_none",
    ),
    46: (
        "client/test_lookups.py::test_database_by_name_or_id_is_asked_for_once",
        "client/test_lookups.py::test_table_must_have_the_very_name",
        "client/test_lookups.py::test_credentials",
    ),
    47: (
        f"{_START}::test_after_a_day_the_server_is_asked_whether_it_changed",
        f"{_START}::test_refresh_asks_again",
        f"{_START}::test_local_specification_from_object_and_file",
    ),
    48: (
        "client/test_process.py::test_threads_do_not_wait_for_each_others_retries",
        f"{_SESSION}::test_other_threads_do_not_wait_for_a_slow_call",
    ),
}


def test_every_item_has_a_test():
    assert tuple(SHOWN) == (*range(1, 32), 46, 47, 48)
    assert all(SHOWN.values())


@pytest.mark.parametrize("item", SHOWN)
def test_the_tests_of_an_item_exist(item, is_a_test):
    assert [name for name in SHOWN[item] if not is_a_test(_TESTS, name)] == []
