"""What staff do is written down once for ever, by the id that the caller gave to the request."""

import sqlalchemy as sa

from services.kernel.program import is_code, is_name
from services.tier.acts import Act, ActKind, Earlier
from services.tier.refusals import Reason
from services.tier.store.acts import insert_act, read_act

__all__ = ["Act", "ActKind", "Earlier", "earlier", "first_of", "looked_up", "record_act", "refuse_act"]


def refuse_act(act: Act, *, note_required: bool) -> Reason:
    """What is wrong with how the act is asked for; UNSPECIFIED if nothing is."""
    if not is_code(act.actor_id):
        return Reason.ACTOR_REQUIRED
    if not is_name(act.note) and (note_required or act.note):
        return Reason.NOTE_REQUIRED
    if not is_code(act.request_id):
        return Reason.REQUEST_ID_MUST_BE_PRINTABLE
    return Reason.UNSPECIFIED


def earlier(connection: sa.Connection, act: Act) -> Earlier:
    """What was done under the act's request id before.

    To be asked once the members' standings are locked: then it sees what a concurrent request of the same id did.
    The request id must be printable.
    """
    before = read_act(connection, act.request_id)
    if before is None:
        return Earlier.NONE
    return Earlier.SAME if before == act else Earlier.OTHER


def record_act(connection: sa.Connection, act: Act, effective_on: int) -> None:
    """Writes down that the act was done; of two at once under one request id, one is tried again."""
    insert_act(connection, act, effective_on)


def first_of(*reasons: Reason) -> Reason:
    """Of several reasons the one that is answered, by precedence; UNSPECIFIED if there is none."""
    return min((reason for reason in reasons if reason), default=Reason.UNSPECIFIED)


def looked_up(connection: sa.Connection, act: Act, *, note_required: bool = True) -> tuple[bool, Reason]:
    """Whether the act was done before, and if not, what is wrong with the request itself.

    To be asked once the members' standings are locked, as `earlier`.
    """
    misasked = refuse_act(act, note_required=note_required)
    before = Earlier.NONE if misasked else earlier(connection, act)
    reused = Reason.REQUEST_ID_REUSED if before is Earlier.OTHER else Reason.UNSPECIFIED
    return before is Earlier.SAME, misasked or reused
