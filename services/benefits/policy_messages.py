"""Benefits policies between protobuf and plain data; translation only."""

from carat.benefits.v1 import policy_pb2
from services.benefits.policy_document import NO_SUCH_DAY, AllowanceRule, BenefitsPolicy, Period
from services.runtime.program_messages import day_from_proto, day_to_proto


def policy_from_proto(message: policy_pb2.BenefitsPolicy) -> BenefitsPolicy:
    """The policy as plain data. Never raises: a day that no calendar has is NO_SUCH_DAY."""
    return BenefitsPolicy(tuple(_rule(rule) for rule in message.allowances))


def policy_to_proto(policy: BenefitsPolicy) -> policy_pb2.BenefitsPolicy:
    """The policy as a message; what is None stays absent."""
    return policy_pb2.BenefitsPolicy(allowances=[_rule_message(rule) for rule in policy.allowances])


def _rule(message: policy_pb2.AllowanceRule) -> AllowanceRule:
    return AllowanceRule(
        code=message.code,
        name=message.name,
        tier_system=message.tier_system,
        level=message.level,
        quantity=message.quantity,
        period=Period(message.period),
        value_limit_minor=message.value_limit_minor,
        anchor=(day_from_proto(message.anchor) or NO_SUCH_DAY) if message.HasField("anchor") else None,
        combinable=message.combinable,
    )


def _rule_message(rule: AllowanceRule) -> policy_pb2.AllowanceRule:
    return policy_pb2.AllowanceRule(
        code=rule.code,
        name=rule.name,
        tier_system=rule.tier_system,
        level=rule.level,
        quantity=rule.quantity,
        value_limit_minor=rule.value_limit_minor,
        period=policy_pb2.Period.Name(rule.period),
        anchor=day_to_proto(rule.anchor) if rule.anchor else None,
        combinable=rule.combinable,
    )
