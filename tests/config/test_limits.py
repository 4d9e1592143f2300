"""The table of limits: each number in it has a test in which it acts."""

import re

import pytest
from django.conf import settings

from config import values
from config.settings import limits
from roadmaps.llm import providers
from tests.conftest import ROOT

# The rates are gone through, row by row, in tests/pages/test_rates.py.
ACTS = {
    "SOCKETS_PER_USER": "test_only_so_many_pages_of_one_person_are_told",
    "MAX_RUNNING_ROADMAPS": "test_many_requests_at_once_do_not_slip_past_the_limit",
    "STORED_ROADMAPS": "test_beyond_so_many_roadmaps_none_is_added_until_one_is_deleted",
    "STORED_COURSE_BYTES": "test_beyond_so_many_bytes_of_courses_none_is_added",
    "STORED_EXPORT_BYTES": "test_beyond_so_many_bytes_of_files_none_is_written",
    "IMPORT_MAX_BYTES": "test_a_file_that_is_too_large_is_not_even_read",
    "EXPORT_SECONDS": "test_what_is_too_much_says_what_to_leave_out_and_others_are_written",
    "EXPORT_MEMORY_MB": "test_what_is_too_much_says_what_to_leave_out_and_others_are_written",
    "EXPORT_MAX_BYTES": "test_what_is_too_much_says_what_to_leave_out_and_others_are_written",
    "DRAW_SECONDS": "test_what_takes_too_long_is_drawn_with_plain_code",
    "WEB_STATEMENT_SECONDS": "test_each_kind_of_page_says_so_stores_nothing_and_works_again",
    "HASHES_AT_ONCE": "test_wrong_sign_ins_take_turns_and_another_page_is_served_meanwhile",
    "HASHES_WAITING": "test_beyond_those_that_wait_one_is_told_to_try_again",
    "HASH_WAIT_SECONDS": "test_nobody_waits_for_a_turn_without_end",
    "STRANGERS_AT_ONCE": "test_many_strangers_leave_room_for_who_is_signed_in",
    "STRANGERS_WAITING": "test_a_stranger_beyond_those_that_wait_is_told_to_come_again",
    "STRANGER_WAIT_SECONDS": "test_no_stranger_waits_without_end",
    "HEAD_SECONDS": "test_what_never_gets_whole_is_closed_and_others_are_answered",
    "BODY_SECONDS": "test_what_drips_is_closed_as_well",
    "BODY_BYTES_PER_SECOND": "test_a_long_body_gets_more_time_than_a_short_one",
    "KEEP_ALIVE_SECONDS": "test_a_connection_that_is_kept_for_nothing_is_closed",
    "READ_SECONDS": "test_who_reads_nothing_of_an_answer_is_let_go",
    "WAITING_CONNECTIONS": "test_a_thousand_half_requests_leave_room",
    "WAITING_PER_ADDRESS": "test_too_many_of_one_address_cost_another_nothing",
    "LLM_CONCURRENCY": "test_at_most_the_set_number_of_calls_is_open_at_once",
    "LLM_REQUESTS_PER_MINUTE": "test_no_more_requests_a_minute_than_allowed",
    "LLM_TOKENS_PER_MINUTE": "test_no_more_tokens_a_minute_than_allowed",
    "LLM_ANSWER_MAX_BYTES": ("test_an_answer_without_end_is_given_up_and_a_shorter_one_asked_for"),
    "LLM_MAX_TOKENS": "test_a_model_is_asked_for_no_longer_answer",
    "LINK_CHECKS_PER_HOUR": "test_a_run_is_bounded_and_goes_on_where_the_last_one_ended",
}


def test_every_number_of_the_table_has_its_test():
    assert sorted(ACTS) == sorted(amount.variable for amount in limits.AMOUNTS)
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    assert set(ACTS.values()) <= written


def test_every_number_of_the_table_is_a_setting():
    for amount in limits.AMOUNTS:
        assert isinstance(getattr(settings, amount.variable), int), amount.variable


def test_every_rate_has_a_variable_of_its_own():
    assert len({paced.variable for paced in limits.PACED.values()}) == len(limits.PACED)
    assert {paced.variable[:5] for paced in limits.PACED.values()} == {"RATE_"}


@pytest.mark.parametrize(
    ("raw", "rates"),
    [
        ("30/h/person", ((30, 3600, "person"),)),
        ("5/300s/address, 1/2d/stranger", ((5, 300, "address"), (1, 172_800, "stranger"))),
        ("none", ()),
    ],
)
def test_rates_are_read_as_they_are_written(raw, rates):
    assert values.rates(raw, ("person", "address", "stranger")) == rates


def test_a_model_is_asked_for_no_longer_answer(settings):
    settings.LLM_MAX_TOKENS = 123
    assert providers.client_options("anthropic")["max_tokens"] == 123
