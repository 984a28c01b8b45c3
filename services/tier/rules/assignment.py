"""Which tier system a member joins: by attribute, by the split, or by default (DECISIONS, Meanings 18)."""

from collections.abc import Mapping
from hashlib import blake2b
from itertools import accumulate
from typing import Final

import numpy as np

from services.kernel.calendar import Days
from services.tier.columns import NO_SYSTEM, Ids, Texts
from services.tier.policy import Policy
from services.tier.policy_document import Split, TierPolicy

SYSTEM_UNKNOWN: Final = -2
"""The number of a system that the attribute names and the policy of the day does not have."""

_HASH_BYTES: Final = 8
_PERCENT: Final = 100


def decide_systems(attribute: Texts, member_id: Texts, day: Days, policy: Policy) -> Ids:
    """The number of the system that each member is in by the policy of a day; SYSTEM_UNKNOWN where none is named so.

    The attribute names a system; without one the split decides, without a split the default system holds.
    """
    revision = policy.revision_on(day)
    systems = np.full(len(member_id), SYSTEM_UNKNOWN, dtype=np.int16)
    for position in np.unique(revision).tolist():
        rows = np.flatnonzero(revision == position)
        systems[rows] = _by_document(
            policy.documents[position], _numbers_of(policy, position), attribute[rows], member_id[rows]
        )
    return systems


def _numbers_of(policy: Policy, position: int) -> Mapping[str, int]:
    """The systems of a revision by external id."""
    systems = policy.documents[position].systems
    return {system.external_id: policy.system_ids.index(system.external_id) for system in systems}


def _by_document(
    document: TierPolicy, number_of: Mapping[str, int], attribute: Texts, member_id: Texts
) -> Ids:
    default = number_of.get(document.default_system, NO_SYSTEM)
    named = {**number_of, "": default}
    systems = np.array([named.get(name, SYSTEM_UNKNOWN) for name in attribute], dtype=np.int16)
    if document.split is not None:
        unnamed = np.flatnonzero(attribute == "")
        systems[unnamed] = _by_split(document.split, number_of, member_id[unnamed])
    return systems


def _by_split(split: Split, number_of: Mapping[str, int], member_id: Texts) -> Ids:
    """The shares lie end to end on 0 to 99, in the order of the policy; each member has one place there."""
    ends = np.array(list(accumulate(share.percent for share in split.shares)), dtype=np.int64)
    systems = np.array([number_of[share.tier_system] for share in split.shares], dtype=np.int16)
    places = np.array([_place(split.salt, member) for member in member_id], dtype=np.int64)
    joined: Ids = systems[np.searchsorted(ends, places, side="right")]
    return joined


def _place(salt: str, member_id: str) -> int:
    """Depends on the salt and the id only; the places by two salts have nothing to do with each other."""
    digest = blake2b(
        member_id.encode(), key=blake2b(salt.encode()).digest(), digest_size=_HASH_BYTES
    ).digest()
    return int.from_bytes(digest) % _PERCENT
