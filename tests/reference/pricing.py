"""What a purchase earns: packages with their bonus, times level, birthday month and property."""

from dataclasses import dataclass

from tests.reference.ladder import ONE_BP
from tests.reference.member import Member
from tests.reference.program import ReferenceProgram
from tests.reference.refusals import Payload


@dataclass(frozen=True)
class Price:
    """Points and what led to them."""

    points: int
    level_multiplier_bp: int
    birthday_multiplier_bp: int
    property_multiplier_bp: int
    package_bonus_bp: int


def price(program: ReferenceProgram, member: Member, payload: Payload) -> Price:
    """The price at the level held now, of the purchase's own day, rounded toward zero once.

    Source: DECISIONS Meanings 1, 2 and 4.
    """
    on = payload.occurred_on
    level_bp = program.level_multiplier_bp(member.system, member.level, on)
    birthday_bp = program.birthday_multiplier_bp(member.system, member.level, member.birthday, on)
    if birthday_bp is not None and program.known_system(member.system, on).birthday == "REPLACE":
        level_bp = ONE_BP
    property_bp = program.property_multiplier_bp(payload.property_id, on)
    bonus_bp = program.package_bonus_bp(member.system, member.level, on)
    worth = payload.base_micropoints * ONE_BP + payload.package_micropoints * bonus_bp
    product = worth * level_bp * (birthday_bp or ONE_BP) * property_bp
    points = product // (10**6 * ONE_BP**4)
    return Price(points, level_bp, birthday_bp or ONE_BP, property_bp, bonus_bp)
