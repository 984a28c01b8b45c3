"""`carat points adjust`, `transfer` and `pool`: what is asked, and what is shown."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from carat.points.v1 import adjustment_pb2, entry_pb2, pool_pb2
from services.cli.app import app
from services.points.refusals import Reason
from tests.cli.fake_services import Unbuilt, refused, served_points

POOL = pool_pb2.Pool(pool_id="[b]P1", member_ids=["M1", "M2"], balance=1_200, available=1_000)
ANSWERS: dict[str, Any] = {
    "AdjustPoints": adjustment_pb2.AdjustPointsResponse(entry=entry_pb2.Entry(points=1_200)),
    "ReinstatePoints": adjustment_pb2.ReinstatePointsResponse(entry=entry_pb2.Entry(points=1_200)),
    "TransferPoints": pool_pb2.TransferPointsResponse(from_balance=1_200, to_balance=50),
    "CreatePool": pool_pb2.CreatePoolResponse(pool=POOL),
    "AddPoolMember": pool_pb2.AddPoolMemberResponse(pool=POOL),
    "RemovePoolMember": pool_pb2.RemovePoolMemberResponse(pool=POOL),
    "GetPool": pool_pb2.GetPoolResponse(pool=POOL),
}
BY_CLERK = ("--actor", "clerk", "--note", "spilt oil", "--request-id", "A1")
SHOWN = "[b]P1: 1,200 points, 1,000 to be spent; M1, M2\n"


class PointsDesk(Unbuilt):
    """Answers what is asked about points, and keeps it; `refusing` refuses everything."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refusing: Reason | None = None

    def __getattr__(self, call: str) -> Any:
        if call not in ANSWERS:
            return super().__getattr__(call)

        def answer(request: Any, context: Any) -> Any:
            self.asked.append(request)
            if self.refusing is not None:
                refused(context, self.refusing, "the program's policy limits it")
            return ANSWERS[call]

        return answer


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[PointsDesk]:
    service = PointsDesk()
    with served_points(service) as address:
        monkeypatch.setenv("CARAT_POINTS_ADDRESS", address)
        yield service


def carat(*words: str) -> Result:
    return CliRunner().invoke(app, ["points", *words], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("words", "points", "shown"),
    [
        (("--add", "1200"), 1_200, "[b]M1 gets 1,200 points\n"),
        (("--take", "1"), -1, "[b]M1 gives up 1 point\n"),
    ],
)
def test_staff_add_or_take_points(desk: PointsDesk, words: tuple[str, ...], points: int, shown: str):
    result = carat("adjust", "[b]M1", *words, *BY_CLERK)
    assert (result.exit_code, result.stdout) == (0, shown)
    expected = adjustment_pb2.AdjustPointsRequest(
        adjustment_id="A1", member_id="[b]M1", points=points, actor_id="clerk", note="spilt oil"
    )
    assert desk.asked == [expected]


@pytest.mark.parametrize(("words", "points"), [((), 0), (("--points", "1200"), 1_200)])
def test_staff_give_back_what_expired(desk: PointsDesk, words: tuple[str, ...], points: int):
    result = carat("reinstate", "[b]M1", *words, *BY_CLERK)
    assert (result.exit_code, result.stdout) == (0, "[b]M1 has 1,200 points back\n")
    expected = adjustment_pb2.ReinstatePointsRequest(
        reinstatement_id="A1", member_id="[b]M1", points=points, actor_id="clerk", note="spilt oil"
    )
    assert desk.asked == [expected]


def test_what_was_done_before_is_told_so(desk: PointsDesk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(ANSWERS, "AdjustPoints", adjustment_pb2.AdjustPointsResponse(replayed=True))
    monkeypatch.setitem(ANSWERS, "TransferPoints", pool_pb2.TransferPointsResponse(replayed=True))
    assert carat("adjust", "M1", "--add", "1", *BY_CLERK).stdout == "M1 gets 1 point, as recorded before\n"
    moved = carat("transfer", "1", "--from", "M1", "--to", "M2", "--request-id", "X1").stdout
    assert moved == "1 point moved, as recorded before: M1 has 0, M2 has 0\n"


@pytest.mark.parametrize(
    ("words", "giver", "taker", "shown"),
    [
        (
            ("--from", "M1", "--to", "M2"),
            pool_pb2.Holder(member_id="M1"),
            pool_pb2.Holder(member_id="M2"),
            "30 points moved: M1 has 1,200, M2 has 50\n",
        ),
        (
            ("--from-pool", "P1", "--to-pool", "P2"),
            pool_pb2.Holder(pool_id="P1"),
            pool_pb2.Holder(pool_id="P2"),
            "30 points moved: pool P1 has 1,200, pool P2 has 50\n",
        ),
    ],
)
def test_points_are_moved_between_members_and_pools(
    desk: PointsDesk, words: tuple[str, ...], giver: pool_pb2.Holder, taker: pool_pb2.Holder, shown: str
):
    result = carat("transfer", "30", *words, "--on-behalf-of", "M3", "--request-id", "X1")
    assert (result.exit_code, result.stdout) == (0, shown)
    expected = pool_pb2.TransferPointsRequest(
        transfer_id="X1", to=taker, points=30, on_behalf_of="M3", **{"from": giver}
    )
    assert desk.asked == [expected]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("create", "P1", "M1"), pool_pb2.CreatePoolRequest(pool_id="P1", member_id="M1")),
        (("add", "P1", "M2"), pool_pb2.AddPoolMemberRequest(pool_id="P1", member_id="M2")),
        (("remove", "P1", "M2"), pool_pb2.RemovePoolMemberRequest(pool_id="P1", member_id="M2")),
        (("show", "P1"), pool_pb2.GetPoolRequest(pool_id="P1")),
    ],
)
def test_a_pool_is_shown_after_every_act(desk: PointsDesk, words: tuple[str, ...], asked: Any):
    result = carat("pool", *words)
    assert (result.exit_code, result.stdout, desk.asked) == (0, SHOWN, [asked])


def test_who_leaves_last_is_told_what_goes_along(desk: PointsDesk, monkeypatch: pytest.MonkeyPatch):
    over = pool_pb2.RemovePoolMemberResponse(pool=pool_pb2.Pool(pool_id="P1"), points_taken_along=1)
    monkeypatch.setitem(ANSWERS, "RemovePoolMember", over)
    assert carat("pool", "remove", "P1", "M1").stdout == "P1 is no more: M1 takes along 1 point\n"


def test_documents_for_machines_tell_everything(desk: PointsDesk):
    assert (
        json.loads(carat("adjust", "M1", "--add", "1", *BY_CLERK, "--json").stdout)["entry"]["points"]
        == 1_200
    )
    moved = json.loads(carat("transfer", "1", "--from", "M1", "--to", "M2", "--json").stdout)
    assert moved == {"from_balance": 1_200, "to_balance": 50, "replayed": False}
    for words in (("create", "P1", "M1"), ("show", "P1")):
        assert json.loads(carat("pool", *words, "--json").stdout)["member_ids"] == ["M1", "M2"]
    assert json.loads(carat("pool", "remove", "P1", "M1", "--json").stdout)["points_taken_along"] == 0


def test_an_act_without_an_id_is_given_a_random_one_that_is_told(desk: PointsDesk):
    result = carat("transfer", "1", "--from", "M1", "--to", "M2")
    assert result.stderr == f"request id {desk.asked[0].transfer_id}\n"


def test_a_refusal_is_told_in_one_line(desk: PointsDesk):
    desk.refusing = Reason.ADJUSTMENT_ABOVE_LIMIT
    result = carat("adjust", "M1", "--add", "1", *BY_CLERK)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "points refuses (ADJUSTMENT_ABOVE_LIMIT): the program's policy limits it" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("adjust", "M1", *BY_CLERK),
        ("adjust", "M1", "--add", "1", "--take", "1", *BY_CLERK),
        ("adjust", "M1", "--add", "0", *BY_CLERK),
        ("adjust", "M1", "--add", "1", "--actor", "clerk"),
        ("adjust", "M1", "--add", "1", "--note", "spilt oil"),
        ("transfer", "0", "--from", "M1", "--to", "M2"),
        ("transfer", "1", "--from", "M1"),
        ("transfer", "1", "--from", "M1", "--from-pool", "P1", "--to", "M2"),
        ("pool", "create", "P1"),
    ],
)
def test_a_command_without_what_it_needs_is_a_mistake_in_its_arguments(
    desk: PointsDesk, words: tuple[str, ...]
):
    assert (carat(*words).exit_code, desk.asked) == (2, [])
