"""Channels from one service to another."""

import grpc


def channel_to(address: str, max_message_bytes: int, *more: tuple[str, int]) -> grpc.aio.Channel:
    """A channel that is back within a second of the other service; made inside a running event loop."""
    return grpc.aio.insecure_channel(
        address,
        options=[
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.max_send_message_length", max_message_bytes),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1_000),
            *more,
        ],
    )
