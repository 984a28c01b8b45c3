"""Editing the multiplier of a digital property."""

import sqlalchemy as sa

from services.tier.policy import Policy
from services.tier.properties import PropertyEdit
from services.tier.refusals import Reason
from services.tier.rules.properties import decide_multiplier_refusal
from services.tier.store.revisions import lock_revisions, read_present_multipliers, record_edits


def update_property(
    connection: sa.Connection, policy: Policy, property_id: str, multiplier_bp: int, today: int
) -> Reason:
    """Changes the multiplier at once, for what is recorded from now on; UNSPECIFIED: it holds now.

    Engage, Editing a Property: "take place immediately and are not retroactive".
    """
    if all(item.id != property_id for item in policy.document_on(today).properties):
        return Reason.PROPERTY_UNKNOWN
    reason = decide_multiplier_refusal(multiplier_bp)
    if reason:
        return reason
    lock_revisions(connection)
    if read_present_multipliers(connection, today)[property_id] != multiplier_bp:
        record_edits(connection, [PropertyEdit(property_id, today, multiplier_bp)])
    return Reason.UNSPECIFIED
