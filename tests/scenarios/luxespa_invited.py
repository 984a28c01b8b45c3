"""LuxeSpa: Diamond by invitation of the General Manager, who is another person than the one who proposes it."""

from datetime import date

from tests.scenarios.acting import MANAGER
from tests.scenarios.luxespa_climbing import ENROLLED, START, YEAR_LATER
from tests.scenarios.story import Buys, Invited, ReviewRun, Scenario, Stands

PROPOSED, APPROVED, ACCEPTED = date(2024, 4, 1), date(2024, 4, 2), date(2024, 4, 10)
REVIEWED = date(2025, 4, 10)
_CUSTOMER = Buys(START, "200", treatments=1)
_PROPOSAL = Invited(PROPOSED, "propose", by="host", to="diamond")
_APPROVAL = Invited(APPROVED, "approve", by="gm", roles=(MANAGER,))

INVITED = (
    Scenario(
        "The General Manager invites a Crystal customer to Diamond, who is reviewed a year later like any other",
        "luxespa",
        (
            _CUSTOMER,
            _PROPOSAL,
            _APPROVAL,
            Stands(APPROVED, "crystal"),
            Invited(ACCEPTED, "accept", by="host"),
            Stands(ACCEPTED, "diamond", since=ACCEPTED, next_review=REVIEWED),
            ReviewRun(REVIEWED),
            Stands(REVIEWED, "diamond", since=ACCEPTED, in_grace_until=date(2026, 4, 10)),
        ),
        (ENROLLED, (ACCEPTED, "INVITED", "diamond"), (REVIEWED, "GRACE_ENTERED", "diamond")),
    ),
    Scenario(
        "Nobody approves what they proposed, nor without being General Manager",
        "luxespa",
        (
            _CUSTOMER,
            Invited(PROPOSED, "propose", by="gm", to="diamond"),
            Invited(APPROVED, "approve", by="gm", roles=(MANAGER,), refused="APPROVER_MUST_NOT_BE_PROPOSER"),
            Invited(APPROVED, "approve", by="host", refused="APPROVER_MUST_BE_GENERAL_MANAGER"),
            Invited(APPROVED, "accept", by="host", refused="INVITATION_MUST_BE_APPROVED"),
            Stands(APPROVED, "crystal"),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "An invitation that nobody answers in time is void",
        "luxespa",
        (
            _CUSTOMER,
            _PROPOSAL,
            _APPROVAL,
            Invited(date(2024, 6, 1), "accept", by="host", refused="INVITATION_EXPIRED"),
            Stands(date(2024, 6, 1), "crystal"),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "A customer who declines stays, and may be invited again",
        "luxespa",
        (
            _CUSTOMER,
            _PROPOSAL,
            _APPROVAL,
            Invited(ACCEPTED, "decline", by="host"),
            Invited(ACCEPTED, "propose", by="host", to="diamond"),
            Stands(ACCEPTED, "crystal"),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Nobody is invited to Sapphire",
        "luxespa",
        (
            _CUSTOMER,
            Invited(PROPOSED, "propose", by="host", to="sapphire", refused="LEVEL_NOT_BY_INVITATION"),
        ),
        (ENROLLED,),
    ),
    Scenario(
        "Who was invited keeps Diamond by reaching its thresholds within the year",
        "luxespa",
        (
            _CUSTOMER,
            _PROPOSAL,
            _APPROVAL,
            Invited(ACCEPTED, "accept", by="host"),
            Buys(YEAR_LATER, "25000", earns=50_000, level="diamond"),
            ReviewRun(REVIEWED),
            Stands(REVIEWED, "diamond", since=ACCEPTED),
        ),
        (ENROLLED, (ACCEPTED, "INVITED", "diamond"), (REVIEWED, "RENEWED", "diamond")),
    ),
)
