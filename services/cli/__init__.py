"""The carat command: a client of the gRPC contract and a launcher."""

import os

# Processes are started by exec, never carried on in a fork, so gRPC need not prepare for forks and report on them.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
