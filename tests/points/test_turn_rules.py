"""Whose turn it is where purchases wait for Tier; no database."""

from services.points.rules.turns import decide_turns

WAITING = {"M": ["T1", "T2"]}


def turns(*brought: tuple[str, str]) -> list[str]:
    """Those of the purchases brought (transaction, member) whose turn it is."""
    transactions = [transaction for transaction, _ in brought]
    turn = decide_turns(transactions, [member for _, member in brought], WAITING)
    return [transaction for transaction, goes in zip(transactions, turn.tolist(), strict=True) if goes]


def test_what_is_new_waits_behind_what_waits_of_its_member_and_of_no_other() -> None:
    assert turns(("T3", "M"), ("X1", "N")) == ["X1"]


def test_what_waits_first_may_be_brought_again() -> None:
    assert turns(("T1", "M")) == ["T1"]
    assert turns(("T2", "M")) == []


def test_all_that_waits_brought_again_in_its_order_leaves_the_way_free() -> None:
    assert turns(("T1", "M"), ("T2", "M"), ("T3", "M")) == ["T1", "T2", "T3"]


def test_what_was_held_back_is_not_overtaken_within_its_batch() -> None:
    assert turns(("T3", "M"), ("T1", "M"), ("T2", "M"), ("T4", "M")) == ["T1", "T2"]
    assert turns(("T2", "M"), ("T1", "M"), ("T3", "M")) == ["T1"]
