"""Whose turn it is: a purchase does not overtake an earlier one of its member that waits for Tier."""

from collections.abc import Mapping, Sequence

import numpy as np

from services.kernel.columns import Mask


def decide_turns(
    transaction_id: Sequence[str], member_id: Sequence[str], waiting: Mapping[str, Sequence[str]]
) -> Mask:
    """Which purchases may be priced now, those of one member taken in order.

    `waiting` names the purchases that wait of some members, the earliest first. It is the turn of what is brought
    again when all that waits before it is brought before it, and of what is new when nothing is left waiting.
    """
    queues = {member: list(reversed(queue)) for member, queue in waiting.items()}
    held_back: set[str] = set()
    is_turn = np.ones(len(transaction_id), dtype=np.bool_)
    for row, (transaction, member) in enumerate(zip(transaction_id, member_id, strict=True)):
        queue = queues.get(member)
        if queue and queue[-1] == transaction:
            queue.pop()
        elif queue or member in held_back:
            is_turn[row] = False
            held_back.add(member)
    return is_turn
