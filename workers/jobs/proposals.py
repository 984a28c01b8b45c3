"""A policy that is proposed and not applied: refused if it could not be, and kept with the run that tries it."""

from collections.abc import Sequence

from services.kernel.program import Program
from services.kernel.refusals import Violation
from services.tier.policy import Policy
from services.tier.policy_document import TierPolicy
from services.tier.refusals import TEXTS
from services.tier.refusals import Reason as TierReason
from services.tier.store.policies import parsed, texts_of
from workers.job import Parameters
from workers.jobs.standings import revisions_of
from workers.refusals import Reason, RunRefused


def proposal(
    stored: Policy, program: Program, policy: TierPolicy, mistakes: Sequence[Violation]
) -> Parameters:
    """The policy as parameters of a run, beside what is applied; with mistakes it is refused as by ApplyPolicy."""
    if mistakes:
        raise RunRefused(Reason.POLICY_INVALID, TEXTS[TierReason.POLICY_INVALID], mistakes=mistakes)
    texts = texts_of(program, policy)
    return {**revisions_of(stored), "program": texts[0], "policy": texts[1]}


def proposed(parameters: Parameters) -> tuple[Program, TierPolicy]:
    """The policy that a run tries."""
    return parsed(parameters["program"], parameters["policy"])
