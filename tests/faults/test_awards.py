"""Awards reach the ledger once each, whichever process is killed on the way."""

import pytest

from carat.benefits.v1.award_pb2 import Award, GrantAwardRequest
from carat.points.v1.points_service_pb2 import CountPendingRequest, ListEntriesRequest
from services.cli.connections import Connections
from tests.cli.waiting import eventually
from tests.faults.deployment import PATIENCE_SECONDS, Deployment
from tests.faults.membership import Membership

pytestmark = pytest.mark.faults

POINTS = ("points-0", "points-1")
AWARDS = 30


def test_awards_granted_while_points_is_down_are_posted_once_when_it_is_back(
    deployment: Deployment, membership: Membership
) -> None:
    member_id = membership.members()[0].member_id
    with deployment.connect() as connections:
        grant(connections, member_id, range(AWARDS))
        deployment.kill(*POINTS)
        grant(connections, member_id, range(AWARDS, 2 * AWARDS))
        for name in POINTS:
            deployment.start(name)
        deployment.wait_until_serving()
        expect_posted(connections, member_id, 2 * AWARDS)


def test_benefits_killed_between_awards_loses_none(deployment: Deployment, membership: Membership) -> None:
    member_id = membership.members()[0].member_id
    with deployment.connect() as connections:
        grant(connections, member_id, range(AWARDS))
        deployment.kill("benefits-0")
        deployment.start("benefits-0")
        deployment.wait_until_serving()
        grant(connections, member_id, range(2 * AWARDS))
        expect_posted(connections, member_id, 2 * AWARDS)


def grant(connections: Connections, member_id: str, numbers: range) -> None:
    """Grants awards of one point each; asking again changes nothing."""
    for number in numbers:
        award = Award(
            award_id=f"A{number}", member_id=member_id, code="thanks", points=1, actor_id="clerk", note="kind"
        )
        connections.benefits.GrantAward(GrantAwardRequest(award=award))


def expect_posted(connections: Connections, member_id: str, awards: int) -> None:
    """Returns when so many awards are in the member's ledger, once each, with their notes."""

    def posted() -> list[str]:
        listed = connections.points.ListEntries(ListEntriesRequest(member_id=member_id, page_size=1_000))
        return sorted(each.transaction_id for each in listed.entries if each.note == "kind")

    eventually(lambda: len(posted()) >= awards, PATIENCE_SECONDS)
    assert posted() == sorted(f"award A{number}" for number in range(awards))
    assert connections.points.CountPending(CountPendingRequest()).waiting_awards == 0
