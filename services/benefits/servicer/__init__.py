"""The gRPC face of the Benefits service: protobuf to columns and back; no rule, no SQL."""

from services.benefits.servicer.calls import BenefitsServicer

__all__ = ["BenefitsServicer"]
