"""An act as the reference model is asked to carry it out; its answer, or the name of the refusal."""

from typing import Any

from tests.ledger.asks import (
    Adjusts,
    Ask,
    Brings,
    Buys,
    Cancels,
    Captures,
    Credits,
    GivesBack,
    Pays,
    Pools,
    Refers,
    Refunds,
    Transfers,
)
from tests.reference.points import ReferencePoints
from tests.reference.refunding import Refund

Told = dict[str, Any] | str


def asked_of_reference(reference: ReferencePoints, ask: Ask) -> Told:
    """The answer to one act."""
    match ask:
        case Buys():
            receipt = reference.record_purchase(
                ask.act_id, ask.member_id, ask.occurred_at, ask.amounts, ask.treatments, ask.property_id
            )
            return receipt if isinstance(receipt, str) else {**receipt}
        case Refunds():
            return reference.reverse_purchase(ask.act_id, _refund(reference, ask))
        case Credits():
            receipts = reference.record_credit_note(ask.act_id, _refund(reference, ask))
            return receipts if isinstance(receipts, str) else {"receipts": receipts}
        case Pays():
            return reference.redeem(ask.act_id, ask.member_id, ask.points, ask.pool_id, at_once=ask.at_once)
        case Captures():
            return reference.capture(ask.act_id, ask.points)
        case Cancels():
            return reference.cancel(ask.act_id)
        case GivesBack():
            return reference.give_back(ask.act_id, ask.of, ask.points)
        case Adjusts():
            act = reference.reinstate if ask.reinstates else reference.adjust
            return act(ask.act_id, ask.member_id, ask.points, ask.actor_id, ask.note)
        case Brings():
            brought = reference.open_balance(ask.act_id, ask.member_id, ask.points, ask.earned_on)
            return brought if isinstance(brought, str) else {"replayed": brought}
        case Transfers():
            return reference.transfer(ask.act_id, ask.giver, ask.taker, ask.points, ask.on_behalf_of)
        case Pools():
            acts = {
                "CreatePool": reference.create_pool,
                "AddPoolMember": reference.add_to_pool,
                "RemovePoolMember": reference.leave_pool,
            }
            return acts[ask.call](ask.pool_id, ask.member_id)
        case Refers():
            return reference.record_referral(ask.friend_id, ask.referrer_id)
    raise TypeError(ask)


def _refund(reference: ReferencePoints, ask: Refunds | Credits) -> Refund:
    everything = isinstance(ask, Refunds) and ask.everything
    return Refund(
        ask.of, ask.occurred_at, everything, ask.amounts, ask.treatments, reference.program.currency
    )
