"""Calls on digital properties and their multipliers."""

from collections.abc import Iterator

import numpy as np

from carat.tier.v1 import policy_pb2, property_pb2
from services.kernel.exact import ONE_BP
from services.runtime.database import Connection
from services.tier.policy import Policy
from services.tier.policy_document import BirthdayRule, Level, TierSystem
from services.tier.recording.properties import update_property
from services.tier.refusals import Reason
from services.tier.servicer.calls import Calls, Context, refused


class PropertyCalls(Calls):
    """ListProperties, UpdateProperty, GetMultiplierSummary."""

    async def ListProperties(
        self, request: property_pb2.ListPropertiesRequest, context: Context
    ) -> property_pb2.ListPropertiesResponse:
        """The properties of today's policy with the multipliers that hold now."""

        def work(_: Connection, policy: Policy, today: int) -> property_pb2.ListPropertiesResponse:
            return property_pb2.ListPropertiesResponse(properties=_properties(policy, today))

        return await self.with_policy(work)

    async def UpdateProperty(
        self, request: property_pb2.UpdatePropertyRequest, context: Context
    ) -> property_pb2.UpdatePropertyResponse:
        """Changes a multiplier for what is recorded from now on."""

        def work(connection: Connection, policy: Policy, today: int) -> property_pb2.UpdatePropertyResponse:
            property_id, multiplier_bp = request.property_id, request.multiplier_bp
            reason = update_property(connection, policy, property_id, multiplier_bp, today)
            if reason != Reason.UNSPECIFIED:
                raise refused(reason, property_id=property_id)
            edited = next(item for item in _properties(policy, today) if item.id == property_id)
            edited.multiplier_bp = multiplier_bp
            return property_pb2.UpdatePropertyResponse(property=edited)

        return await self.with_policy(work)

    async def GetMultiplierSummary(
        self, request: property_pb2.GetMultiplierSummaryRequest, context: Context
    ) -> property_pb2.GetMultiplierSummaryResponse:
        """What a purchase of today is multiplied by, for each level in each property and in none."""

        def work(_: Connection, policy: Policy, today: int) -> property_pb2.GetMultiplierSummaryResponse:
            wanted = request.tier_system
            systems = [
                system for system in policy.document_on(today).systems if wanted in ("", system.external_id)
            ]
            if not systems:
                raise refused(Reason.TIER_SYSTEM_UNKNOWN, tier_system=wanted)
            factors = [("", ONE_BP), *((item.id, item.multiplier_bp) for item in _properties(policy, today))]
            return property_pb2.GetMultiplierSummaryResponse(
                multipliers=[line for system in systems for line in _summary(system, factors)]
            )

        return await self.with_policy(work)


def _properties(policy: Policy, today: int) -> list[policy_pb2.Property]:
    items = policy.document_on(today).properties
    days = np.full(len(items), today, dtype=np.int32)
    multipliers = policy.property_multipliers(
        policy.property_numbers([item.id for item in items], days), days
    )
    return [
        policy_pb2.Property(id=item.id, name=item.name, multiplier_bp=multiplier_bp)
        for item, multiplier_bp in zip(items, multipliers.tolist(), strict=True)
    ]


def _summary(
    system: TierSystem, factors: list[tuple[str, int]]
) -> Iterator[property_pb2.EffectiveMultiplier]:
    """By level, lowest first; an inactive system multiplies by 1 (Engage, View Tier Summary)."""
    for level in system.levels:
        stated_bp = ONE_BP if level.multiplier_bp is None else level.multiplier_bp
        level_bp = stated_bp if system.active else ONE_BP
        in_birthday_month = _in_birthday_month(system, level, level_bp)
        for property_id, property_bp in factors:
            yield property_pb2.EffectiveMultiplier(
                tier_system=system.external_id,
                level=level.code,
                property_id=property_id,
                level_multiplier_bp=level_bp,
                property_multiplier_bp=property_bp,
                effective_multiplier_bp=level_bp * property_bp // ONE_BP,
                birthday_month_multiplier_bp=in_birthday_month * property_bp // ONE_BP**2,
                package_bonus_bp=level.package_bonus_bp if system.active else 0,
            )


def _in_birthday_month(system: TierSystem, level: Level, level_bp: int) -> int:
    """What a level multiplies by in the month of the birthday, in parts of 10^8 (DECISIONS, Meanings 2)."""
    birthday_bp = level.birthday_multiplier_bp
    if birthday_bp is None or not system.active:
        return level_bp * ONE_BP
    return birthday_bp * (level_bp if system.birthday == BirthdayRule.MULTIPLY else ONE_BP)
