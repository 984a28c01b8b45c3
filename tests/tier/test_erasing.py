"""A member's personal data is erased while the ledgers stay whole (Meanings 24)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from carat.tier.v1 import member_pb2, staff_pb2, tier_service_pb2
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.refusals import Reason
from services.tier.tables import MEMBER_MERGE
from tests.tier.calls import asked
from tests.tier.records import erase, merge, standing_of, update
from tests.tier.refunds import refund, reverse
from tests.tier.staff_world import (
    JOINED,
    TODAY,
    acts,
    approve,
    gift,
    held_for_life,
    lock,
    move,
    propose,
    refusal_of,
    staffed,
)
from tests.tier.test_jobs import story
from tests.tier.test_reversal_races import held_up
from tests.tier.world import TierWorld, purchase

BIRTHDAY = date(1990, 1, 1)
SECRET = "her husband called"
T1 = purchase("T1", "M1", date(2025, 3, 1), spend_minor=300_000, visits=2, base_points=100)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1 is Sapphire, and more is known and written of M1 than need be."""
    world = staffed(tier_world, "M1", "M2", "M3")
    world.record(T1)
    update(world, mask=["birthday", "tier_system"], tier_system="spa", birthday=BIRTHDAY, request_id="R2")
    lock(world, note=SECRET, request_id="R3")
    return world


def everything(world: TierWorld) -> str:
    return repr(world.snapshot())


def test_what_is_known_of_the_person_is_gone_and_the_ledgers_are_whole(spa: TierWorld) -> None:
    before = spa.snapshot()
    assert SECRET in everything(spa)
    left = erase(spa)
    assert (left.member_id, left.tier_system, left.HasField("birthday")) == ("M1", "", False)
    assert day_from_proto(left.erased_on) == TODAY
    assert day_from_proto(left.enrolled_on) == JOINED
    assert SECRET not in everything(spa)
    assert "1990" not in everything(spa)
    after = spa.snapshot()
    assert (after["activity"], after["activity_day"]) == (before["activity"], before["activity_day"])
    assert after["move"][: len(before["move"])] == before["move"]
    assert spa.broken_promises() == []


def test_the_member_leaves_the_ladder_and_that_is_told(spa: TierWorld) -> None:
    erase(spa)
    standing = standing_of(spa, "M1")
    assert (standing.tier_system, standing.level, standing.multiplier_bp) == ("", "", 0)
    assert standing.lifetime_treatments == 2
    last = spa.moves("M1")[-1]
    assert (last.tier_system, last.from_level, last.from_rank, last.to_rank) == ("spa", "sapphire", 1, -1)
    assert story([last]) == [(TODAY, "ERASED", "")]
    assert last.transaction_id == "erase"
    assert spa.run_review(date(2025, 6, 1)) == spa.run_grace(date(2025, 6, 1)) == []


def test_nobody_counts_the_erased_or_merged_among_a_levels_members(spa: TierWorld) -> None:
    erase(spa)
    merge(spa, "M2", "M3")
    counts = asked(spa, "CountMembers", tier_service_pb2.CountMembersRequest()).counts
    assert {(count.level, count.members) for count in counts if count.tier_system == "spa"} == {
        ("crystal", 1),
        ("sapphire", 0),
        ("platinum", 0),
        ("diamond", 0),
    }


def test_purchases_and_enrolments_of_the_erased_are_refused_and_old_answers_stay(spa: TierWorld) -> None:
    erase(spa)
    before = spa.snapshot()
    [again] = spa.record(T1)
    assert (again.reason, again.replayed, again.treatment_ordinal) == (0, True, 2)
    [new] = spa.record(purchase("T2", "M1", TODAY, visits=1))
    assert new.reason == Reason.MEMBER_ERASED
    enrolment = member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(JOINED))
    assert spa.enrol(enrolment) == [("MEMBER_ERASED", False)]
    enrolment.birthday.CopyFrom(day_to_proto(BIRTHDAY))
    assert spa.enrol(enrolment) == [("MEMBER_ERASED", False)]
    assert spa.snapshot() == before


def test_a_refund_of_the_erased_still_takes_points_and_sums_back(spa: TierWorld) -> None:
    erase(spa)
    [result] = reverse(spa, refund("T1", TODAY))
    assert (result.reason, result.points) == (0, 100)
    assert spa.broken_promises() == []


def test_records_merged_into_the_erased_are_erased_with_it(spa: TierWorld) -> None:
    merge(spa, "M1", "M2", note=SECRET)
    merge(spa, "M2", "M3", request_id="merge-2")
    erase(spa, "M3")
    assert SECRET not in everything(spa)
    assert "1990" not in everything(spa)
    assert day_from_proto(standing_of(spa, "M1").member.erased_on) == TODAY
    assert refusal_of(spa, lambda: lock(spa, request_id="R9")) == "MEMBER_MERGED"


def test_what_a_merge_remembers_says_nothing_of_the_person(spa: TierWorld) -> None:
    merge(spa, "M1", "M2")
    with spa.database.engine.connect() as connection:
        kept = connection.scalar(sa.select(MEMBER_MERGE.c.before))
    assert set(kept["source"]) & {"birthday", "tier_system", "note"} == set()


def test_what_was_written_of_a_gift_is_erased_with_giver_and_with_recipient(spa: TierWorld) -> None:
    for erased in ("M1", "M2"):
        spa.clear()
        staffed(spa, "M1", "M2", "M3")
        held_for_life(spa, "M1")
        gift(spa, "M1", "M2", note=SECRET)
        erase(spa, erased)
        assert SECRET not in everything(spa)


def test_who_erased_it_and_why_stays(spa: TierWorld) -> None:
    erase(spa, note="asked for by letter of 1 June")
    act = acts(spa, "M1")[0]
    assert (act.kind, act.actor_id) == (staff_pb2.STAFF_ACT_KIND_ERASED, "clerk")
    assert act.note == "asked for by letter of 1 June"
    assert {act.note for act in acts(spa, "M1")[1:]} == {""}


def test_notes_about_others_stay(spa: TierWorld) -> None:
    lock(spa, "M2", request_id="R4", note="a birthday")
    erase(spa)
    assert acts(spa, "M2")[0].note == "a birthday"


def test_an_open_invitation_is_declined(spa: TierWorld) -> None:
    propose(spa)
    erase(spa)
    assert [act.kind for act in acts(spa, "M1")[:2]] == [
        staff_pb2.STAFF_ACT_KIND_INVITATION_DECLINED,
        staff_pb2.STAFF_ACT_KIND_ERASED,
    ]
    assert refusal_of(spa, lambda: approve(spa)) == "MEMBER_ERASED"


def test_even_what_is_held_for_life_ends_with_erasing(spa: TierWorld) -> None:
    held_for_life(spa, "M2")
    erase(spa, "M2")
    assert not standing_of(spa, "M2").HasField("lifetime_since")


@pytest.mark.parametrize(
    ("reason", "given"),
    [
        ("MEMBER_ID_MUST_BE_PRINTABLE", {"member_id": "M 1"}),
        ("MEMBER_UNKNOWN", {"member_id": "nobody"}),
        ("ACTOR_REQUIRED", {"actor": staff_pb2.Actor()}),
        ("NOTE_REQUIRED", {"note": ""}),
        ("REQUEST_ID_MUST_BE_PRINTABLE", {"request_id": "R 1"}),
        ("REQUEST_ID_REUSED", {"request_id": "R3"}),
        ("MEMBER_MERGED", {"member_id": "M2"}),
        ("MEMBER_ERASED", {"request_id": "again", "member_id": "M4"}),
    ],
)
def test_an_erasure_is_refused(spa: TierWorld, reason: str, given: dict[str, Any]) -> None:
    merge(spa, "M2", "M3")
    spa.enrol(member_pb2.Member(member_id="M4", enrolled_on=day_to_proto(JOINED)))
    erase(spa, "M4", request_id="erase-4")
    assert refusal_of(spa, lambda: erase(spa, **given)) == reason


def test_the_same_request_again_changes_nothing(spa: TierWorld) -> None:
    first = erase(spa)
    before = spa.snapshot()
    assert erase(spa) == first
    assert spa.snapshot() == before


def test_nothing_else_is_done_to_the_erased(spa: TierWorld) -> None:
    erase(spa)
    for ask in (
        lambda: move(spa, "platinum", request_id="R9"),
        lambda: propose(spa),
        lambda: merge(spa, "M1", "M2"),
        lambda: update(spa, mask=["birthday"], birthday=BIRTHDAY, request_id="R9"),
    ):
        assert refusal_of(spa, ask) == "MEMBER_ERASED"


def test_a_purchase_that_meets_the_erasure_comes_before_it_or_is_refused(spa: TierWorld) -> None:
    with ThreadPoolExecutor(2) as threads:
        with held_up(spa, 2):
            erasing = threads.submit(erase, spa)
            buying = threads.submit(spa.record, purchase("T2", "M1", TODAY, visits=1))
        erasing.result()
        [result] = buying.result()
    assert (result.reason, standing_of(spa, "M1").lifetime_treatments) in [(Reason.MEMBER_ERASED, 2), (0, 3)]
    assert spa.broken_promises() == []
