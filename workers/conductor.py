"""Executes chunks by Ray actors: a local Ray of its own, or a cluster by address."""

import os
import queue
import secrets
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final

import structlog

from workers.executor import RunWork, ShouldStop, execute_in_threads
from workers.progress.chunks import ChunkState
from workers.shard_actor import ShardActor

_CLOSING_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.2
_ENVIRONMENT: Final = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
_LOCAL_ENVIRONMENT: Final = {
    # Despite its name: off, Ray takes 127.0.0.1 for its address, on Linux too, and listens nowhere else.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Ray's ports run code: only who holds the token of this process and its children may use them.
    "RAY_AUTH_MODE": "token",
}

_log = structlog.get_logger(__name__)


class RayExecutor:
    """An Executor over as many actors as it is given workers.

    Ray starts in the background, and runs wait for it. Only one per process: Ray allows no more.
    """

    def __init__(self, workers: int, object_store_bytes: int, address: str | None = None) -> None:
        self._workers = workers
        self._object_store_bytes = object_store_bytes
        self._address = address
        self._ray: Any = None
        self._idle: queue.Queue[Any] = queue.Queue()
        self._started: Future[None] = Future()
        self._closing = threading.Event()
        # One thread from start to end: a local Ray is killed when the thread that began it ends.
        self._owner = threading.Thread(target=self._own_ray, name="ray", daemon=True)
        self._owner.start()

    def run_chunks(
        self, work: RunWork, chunks: Sequence[int], on_done: Callable[[int], None], should_stop: ShouldStop
    ) -> None:
        """See Executor."""
        self._started.result()
        url = work.database.url.render_as_string(hide_password=False)

        def attempt(number: int) -> ChunkState:
            return self._execute(should_stop, url, work, number)

        execute_in_threads(self._workers, attempt, work, chunks, on_done, should_stop)

    def close(self) -> None:
        """Stops the actors, and a local Ray with them."""
        self._closing.set()
        self._owner.join(_CLOSING_SECONDS)

    def actor_pids(self) -> list[int]:
        """The processes of the actors that have nothing to do at the moment."""
        self._started.result()
        pids: list[int] = self._ray.get([actor.pid.remote() for actor in list(self._idle.queue)])
        return pids

    def _own_ray(self) -> None:
        try:
            self._start_ray()
        except Exception as error:  # noqa: BLE001 - whoever waits for Ray is told
            _log.exception("ray did not start")
            self._started.set_exception(error)
            return
        _log.info("ray is ready", workers=self._workers, address=self._address or "local")
        self._started.set_result(None)
        self._closing.wait()
        self._ray.shutdown()

    def _start_ray(self) -> None:
        is_local = self._address is None
        # Ray reads its environment when it is imported, and hands it to the processes it starts.
        for name, value in (_ENVIRONMENT | _LOCAL_ENVIRONMENT if is_local else _ENVIRONMENT).items():
            os.environ.setdefault(name, value)
        if is_local and os.environ["RAY_AUTH_MODE"] == "token":
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        import ray

        self._ray = ray
        ray.init(**(self._local_options() if is_local else {"address": self._address}))
        for _ in range(self._workers):
            self._idle.put(self._new_actor())

    def _local_options(self) -> dict[str, Any]:
        return {
            "address": "local",
            "num_cpus": self._workers,
            "object_store_memory": self._object_store_bytes,
            "include_dashboard": False,
            "log_to_driver": False,
            "logging_level": "ERROR",
            # Actors find the packages where this process does.
            "runtime_env": {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}},
        }

    def _new_actor(self) -> Any:
        actor_class = self._ray.remote(ShardActor)
        return actor_class.options(num_cpus=1, max_restarts=0, max_task_retries=0).remote()

    def _execute(self, should_stop: ShouldStop, url: str, work: RunWork, number: int) -> ChunkState:
        """Has an idle actor execute the chunk; raises when the actor dies, and has replaced it then."""
        actor = self._idle_actor(should_stop)
        if actor is None:
            return ChunkState.STOPPED
        try:
            state: ChunkState = self._ray.get(actor.execute.remote(url, work.job, work.run_id, number))
        except self._ray.exceptions.RayActorError:
            actor = self._new_actor()
            raise
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from None
        finally:
            self._idle.put(actor)
        return state

    def _idle_actor(self, should_stop: ShouldStop) -> Any:
        while not should_stop():
            try:
                return self._idle.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                continue
        return None
