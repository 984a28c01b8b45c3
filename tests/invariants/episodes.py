"""Situations that take several steps to come about, and that steps drawn one by one hardly ever reach."""

from hypothesis import strategies as st

from tests.invariants.steps import Batch, Bought, Episode, Locked, Ran, Refunded

members = st.sampled_from(["M1", "M1", "M1", "M2", "M2", "M3"])


def a_lot(member_id: str) -> Bought:
    """A purchase that enters almost any level by itself."""
    return Bought(member_id, 0, 4, 2, 7_000_000, "")


@st.composite
def climbs_taken_back(draw: st.DrawFn) -> Episode:
    """What alone carried a member up, level by level, is refunded."""
    member = draw(members)
    since = (Bought(member, 0, 0, 0, 0, ""),) * draw(st.integers(1, 2))
    refund = Refunded(len(since) + 1, 0, True, 0, 0, 0, False)
    return ((0, Batch((a_lot(member), *since))), (draw(st.sampled_from([0, 7, 90])), refund))


@st.composite
def locks_in_grace(draw: st.DrawFn) -> Episode:
    """A level reached in one day is lost a year later, and locked while grace goes on."""
    member = draw(members)
    return (
        (0, Batch((a_lot(member),))),
        (draw(st.sampled_from([365, 366])), Ran(draw(st.sampled_from(["tier-review", "window-roll"])), 0)),
        (draw(st.sampled_from([0, 7])), Locked(member, draw(st.sampled_from([31, 200, 500])))),
    )


@st.composite
def locks_over_resets(draw: st.DrawFn) -> Episode:
    """A level reached in one day is locked at once, and nothing is bought in the periods within the lock."""
    member = draw(members)
    return (
        (0, Batch((a_lot(member),))),
        (1, Locked(member, draw(st.sampled_from([200, 500])))),
        (draw(st.sampled_from([90, 182])), Ran("tier-review", 0)),
    )


episodes = climbs_taken_back() | locks_in_grace() | locks_over_resets()
