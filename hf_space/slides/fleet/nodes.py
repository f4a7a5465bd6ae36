"""Workers that are actors of Ray: one, or a few, on each node of a cluster."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from hf_space.messages.catalogue import text
from hf_space.slides.fleet.processes import bind, core_shares
from hf_space.slides.fleet.work import Advanced, Lost, Note, SlideWorker, WorkersError
from hf_space.slides.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hf_space.slides.fleet.work import Event, Work
    from hf_space.slides.scan import FoundSlide

# How often new nodes are looked for, and the longest wait for news in between.
_LOOK_SECONDS: Final = 5.0
_WAIT_SECONDS: Final = 1.0
# Finished batches are told together: each message costs the cluster some time.
_TELL_SECONDS: Final = 0.5
_CPU: Final = "CPU"
# Of a node's long name.
_NODE_LETTERS: Final = 8


class NodeWorker:
    """An actor: a `SlideWorker` whose slides are streams of events."""

    def __init__(self, work: Work, number: int, per_node: int) -> None:
        """Load the model and the engine, see `SlideWorker`.

        Args:
            work: The same for all.
            number: Of the actor on its node, from 0.
            per_node: Actors on each node.
        """
        if per_node > 1:
            bind(core_shares(per_node)[number])
        self._worker = SlideWorker(work)

    def ready(self) -> bool:
        """Return when the engine is loaded."""
        return True

    def score(self, slide: FoundSlide) -> Iterator[Event]:
        """Yield the events of a slide while a thread works on it, its outcome last."""
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        thread = threading.Thread(target=self._score, args=(slide, events), daemon=True)
        thread.start()
        tiles, told = 0, monotonic()
        while event := events.get():
            if isinstance(event, Advanced):
                tiles += event.tiles
                if monotonic() - told < _TELL_SECONDS:
                    continue
                event, tiles, told = Advanced(tiles), 0, monotonic()
            yield event
        thread.join()

    def _score(self, slide: FoundSlide, events: queue.SimpleQueue[Event | None]) -> None:
        try:
            events.put(self._worker.score(slide, events.put))
        finally:
            events.put(None)


@dataclass
class _Actor:
    node: str
    handle: Any
    starting: Any
    stream: Any = None

    @property
    def waited(self) -> Any:
        """The reference that becomes ready with the actor or its next event; None while idle."""
        return self.stream if self.starting is None else self.starting


class NodeFleet:
    """Actors on the nodes of a Ray cluster; a `Fleet`.

    A node that joins gets actors too, and one on which an actor cannot start is left out.
    """

    def __init__(self, work: Work, address: str, per_node: int) -> None:
        """Plan actors; nothing is asked of the cluster yet.

        Args:
            work: The same for all.
            address: Of the cluster; ``auto``: that of this machine, or of the environment.
            per_node: Actors on each node, which share its processors.
        """
        self._work = work
        self._address = address
        self._per_node = per_node
        self._actors: dict[str, _Actor] = {}
        self._refused: dict[str, str] = {}
        self._looked = -_LOOK_SECONDS

    @contextmanager
    def running(self) -> Iterator[None]:
        """Connect to the cluster, and end the actors, see `Fleet.running`."""
        is_ours = not ray.is_initialized()
        if is_ours:
            self._connect()
        try:
            self._shared = ray.put(self._work)
            yield
        except RayError as error:
            raise WorkersError(self._unreachable(error)) from error
        finally:
            with suppress(RayError):
                for each in self._actors.values():
                    ray.kill(each.handle)
            self._actors.clear()
            if is_ours:
                ray.shutdown()

    def _connect(self) -> None:
        try:
            ray.init(address=self._address, log_to_driver=False, configure_logging=False)
        except (ConnectionError, ValueError, RayError) as error:
            raise WorkersError(self._unreachable(error)) from error

    def _unreachable(self, error: Exception) -> str:
        return text("slide.no_cluster", "en", address=self._address, reason=_brief(error))

    def idle(self) -> list[str]:
        """Name the actors that are ready and have no slide; new nodes get actors."""
        if monotonic() - self._looked >= _LOOK_SECONDS:
            self._looked = monotonic()
            self._look_for_nodes()
        return [
            name
            for name, each in self._actors.items()
            if each.starting is None and each.stream is None
        ]

    def start(self, worker: str, slide: FoundSlide) -> None:
        """Give a slide to an actor; one that is lost meanwhile is found by `wait`."""
        actor = self._actors[worker]
        # An actor has another working directory.
        files = tuple(file.absolute() for file in slide.files)
        slide = replace(slide, path=slide.path.absolute(), files=files)
        actor.stream = actor.handle.score.options(num_returns="streaming").remote(slide)

    def wait(self) -> Iterator[tuple[str, Event]]:
        """Wait a moment for news, see `Fleet.wait`."""
        waited = {
            each.waited: name for name, each in self._actors.items() if each.waited is not None
        }
        if not waited:
            self._check_nodes()
            threading.Event().wait(_WAIT_SECONDS)
            return
        ready, _ = ray.wait(list(waited), num_returns=1, timeout=_WAIT_SECONDS)
        for each in ready:
            name = waited[each]
            event = self._received(name, self._actors[name])
            if event:
                yield name, event

    def _received(self, name: str, actor: _Actor) -> Event | None:
        """Return an actor's event; None if it is now ready."""
        try:
            if actor.starting is not None:
                ray.get(actor.starting)
                actor.starting = None
                return None
            event: Event = ray.get(next(actor.stream))
        except RayError as error:
            return self._lost(name, actor, _brief(error))
        if isinstance(event, Outcome):
            actor.stream = None
        return event

    def _lost(self, name: str, actor: _Actor, reason: str) -> Event:
        """Start another actor on the node; if that fails, leave the node out."""
        del self._actors[name]
        self._looked = -_LOOK_SECONDS
        if actor.starting is None:
            return Lost(reason)
        self._refused[actor.node] = reason
        return Note(
            text("slide.node_refused", "en", node=actor.node[:_NODE_LETTERS], reason=reason)
        )

    def _look_for_nodes(self) -> None:
        alive = {node["NodeID"]: node["Resources"] for node in ray.nodes() if node["Alive"]}
        for node, resources in alive.items():
            processors = resources.get(_CPU, 0.0)
            if not processors or node in self._refused:
                continue
            for number in range(self._per_node):
                name = f"{node[:_NODE_LETTERS]}-{number + 1}"
                if name not in self._actors:
                    self._actors[name] = self._actor(node, processors / self._per_node, number)

    def _actor(self, node: str, processors: float, number: int) -> _Actor:
        options: dict[str, Any] = {
            "num_cpus": processors if processors < 1 else int(processors),
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False),
            "max_restarts": 0,
        }
        actor = ray.remote(NodeWorker).options(**options)
        handle = actor.remote(self._shared, number, self._per_node)
        return _Actor(node, handle, handle.ready.remote())

    def _check_nodes(self) -> None:
        """Raise WorkersError where no node can have an actor."""
        if self._refused and not self._actors:
            reason = next(iter(self._refused.values()))
            raise WorkersError(text("slide.no_node", "en", count=len(self._refused), reason=reason))


def _brief(error: Exception) -> str:
    """Return the last line of an error: those above are a trace of the cluster."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
