"""For which part of the practice a query is asked."""

from __future__ import annotations

from harvester.model.query import OverpaymentsQuery
from harvester.visit.wire import Context

HERE = Context(tin="007300142", npi="1234567890", ptan="W77120")


def test_a_query_is_asked_as_the_accounts_provider() -> None:
    asked = HERE.asks(OverpaymentsQuery(carrier="S1"))
    assert (asked.tin, asked.npi, asked.ptan) == ("007300142", "1234567890", "W77120")


def test_under_another_tax_id_npi_and_ptan_are_not_guessed() -> None:
    other = OverpaymentsQuery(carrier="S1", tin="007300658")
    assert HERE.asks(other) == other


def test_what_the_account_does_not_know_stays_open() -> None:
    assert Context(tin="007300142").asks(OverpaymentsQuery(carrier="S1")).npi is None
