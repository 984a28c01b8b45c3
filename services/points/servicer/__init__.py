"""The gRPC face of the Points service: protobuf to columns and back; no rule, no SQL."""

from services.points.servicer.calls import PointsServicer

__all__ = ["PointsServicer"]
