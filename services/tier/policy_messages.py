"""Tier policies between protobuf and plain data; translation only."""

from dataclasses import asdict

from carat.tier.v1 import policy_pb2
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.policy_document import (
    BirthdayRule,
    EnrolmentMode,
    Level,
    Maintenance,
    Property,
    Repeats,
    Reset,
    Share,
    Split,
    Thresholds,
    TierPolicy,
    TierSystem,
    Touchpoint,
    Undoing,
)

_INVITATION_DAYS = 30


def policy_from_proto(message: policy_pb2.TierPolicy) -> TierPolicy:
    """The policy as plain data. Never raises: what no calendar or enum has reads as not said."""
    return TierPolicy(
        systems=tuple(_system(system) for system in message.systems),
        enrolment=EnrolmentMode(message.enrolment),
        properties=tuple(Property(item.id, item.name, _multiplier(item)) for item in message.properties),
        default_system=message.default_system,
        split=_split(message.split) if message.HasField("split") else None,
        undoing=Undoing(message.undoing) or Undoing.UNDO,
        invitation_days=message.invitation_days or _INVITATION_DAYS,
    )


def policy_to_proto(policy: TierPolicy) -> policy_pb2.TierPolicy:
    """The policy as a message; what is None stays absent."""
    return policy_pb2.TierPolicy(
        systems=[_system_message(system) for system in policy.systems],
        properties=[policy_pb2.Property(**asdict(item)) for item in policy.properties],
        default_system=policy.default_system,
        enrolment=policy_pb2.EnrolmentMode.Name(policy.enrolment),
        split=_split_message(policy.split) if policy.split else None,
        undoing=policy_pb2.Undoing.Name(policy.undoing),
        invitation_days=policy.invitation_days,
    )


def _system(message: policy_pb2.TierSystem) -> TierSystem:
    return TierSystem(
        external_id=message.external_id,
        name=message.name,
        maintenance=Maintenance(message.maintenance),
        levels=tuple(_level(level) for level in message.levels),
        active=message.active,
        colour_index=message.colour_index,
        window_months=message.window_months,
        reset=_reset(message.reset) if message.HasField("reset") else None,
        inactive_months=message.inactive_months,
        birthday=BirthdayRule(message.birthday) or BirthdayRule.REPLACE,
    )


def _split(message: policy_pb2.Split) -> Split:
    return Split(message.salt, tuple(Share(share.tier_system, share.percent) for share in message.shares))


def _level(message: policy_pb2.Level) -> Level:
    return Level(
        code=message.code,
        name=message.name,
        multiplier_bp=_multiplier(message),
        entry=_thresholds(message.entry),
        keep=_thresholds(message.keep) if message.HasField("keep") else None,
        grace_months=message.grace_months,
        fast_track=message.fast_track,
        by_invitation=message.by_invitation,
        lifetime_years=message.lifetime_years,
        touchpoints=tuple(Touchpoint(item.month, item.code, item.text) for item in message.touchpoints),
        birthday_multiplier_bp=message.birthday_multiplier_bp
        if message.HasField("birthday_multiplier_bp")
        else None,
        package_bonus_bp=message.package_bonus_bp,
    )


def _multiplier(message: policy_pb2.Level | policy_pb2.Property) -> int | None:
    return message.multiplier_bp if message.HasField("multiplier_bp") else None


def _thresholds(message: policy_pb2.Thresholds) -> Thresholds:
    return Thresholds(message.spend_minor, message.visits, message.points)


def _reset(message: policy_pb2.Reset) -> Reset:
    return Reset(day_from_proto(message.next_reset), Repeats(message.repeats))


def _system_message(system: TierSystem) -> policy_pb2.TierSystem:
    return policy_pb2.TierSystem(
        external_id=system.external_id,
        name=system.name,
        active=system.active,
        colour_index=system.colour_index,
        maintenance=policy_pb2.Maintenance.Name(system.maintenance),
        window_months=system.window_months,
        reset=_reset_message(system.reset) if system.reset else None,
        levels=[_level_message(level) for level in system.levels],
        inactive_months=system.inactive_months,
        birthday=policy_pb2.BirthdayRule.Name(system.birthday),
    )


def _split_message(split: Split) -> policy_pb2.Split:
    return policy_pb2.Split(
        salt=split.salt, shares=[policy_pb2.Share(**asdict(share)) for share in split.shares]
    )


def _level_message(level: Level) -> policy_pb2.Level:
    return policy_pb2.Level(
        code=level.code,
        name=level.name,
        multiplier_bp=level.multiplier_bp,
        entry=thresholds_to_proto(level.entry) if level.entry != Thresholds() else None,
        keep=thresholds_to_proto(level.keep) if level.keep else None,
        grace_months=level.grace_months,
        fast_track=level.fast_track,
        by_invitation=level.by_invitation,
        lifetime_years=level.lifetime_years,
        touchpoints=[policy_pb2.Touchpoint(**asdict(item)) for item in level.touchpoints],
        birthday_multiplier_bp=level.birthday_multiplier_bp,
        package_bonus_bp=level.package_bonus_bp,
    )


def thresholds_to_proto(thresholds: Thresholds) -> policy_pb2.Thresholds:
    """Thresholds as a message."""
    return policy_pb2.Thresholds(**asdict(thresholds))


def _reset_message(reset: Reset) -> policy_pb2.Reset:
    return policy_pb2.Reset(
        next_reset=day_to_proto(reset.next_reset) if reset.next_reset else None,
        repeats=policy_pb2.Repeats.Name(reset.repeats),
    )
