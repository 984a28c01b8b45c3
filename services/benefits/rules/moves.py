"""What a page of Tier's moves changes for the members in it."""

import numpy as np

from services.benefits.columns import Holders, Moves
from services.kernel.columns import occurrence_numbers, taken


def decide_stays(moves: Moves) -> list[Holders]:
    """Who enters which level since when, in rounds: each round has a member at most once, the first has all.

    Those of one member follow in the order in which Tier decided them, which a page need not keep.

    A stay begins by enrolment and by every change of level, up or down; a move within a level (renewal,
    grace, recovery) changes nothing here, for grace keeps all benefits (LuxeSpa, Grace Period Rules).
    """
    entering = taken(moves, moves.enrolled | (moves.from_level != moves.to_level))
    entering = taken(entering, np.argsort(entering.sequence, kind="stable"))
    rounds = occurrence_numbers(entering.member_id.tolist())
    return [_stays(taken(entering, rounds == number)) for number in range(int(rounds.max(initial=-1)) + 1)]


def _stays(moves: Moves) -> Holders:
    return Holders(
        shard=moves.shard,
        member_id=moves.member_id,
        tier_system=moves.tier_system,
        level=moves.to_level,
        since=moves.effective_on,
        version=moves.sequence,
    )
