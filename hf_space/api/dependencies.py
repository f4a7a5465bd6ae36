"""What routes declare: a policy, as a route class, and parameters, as annotated types.

A router states the policy of its routes: ``APIRouter(route_class=ChargedRoute)``. A route class,
unlike a dependency, acts before FastAPI reads the body.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any, ClassVar, Final, cast

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute

from hf_space.access.rate_limit import charge
from hf_space.access.tickets import Tickets
from hf_space.access.visitor import Visitor
from hf_space.api.query import check_query, declared_parameters
from hf_space.api.request_body import bounded
from hf_space.errors import ModelUnavailableError
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.service import HistoryService
from hf_space.observability.metrics import Metrics
from hf_space.prediction.admission import ImageMemory, Sender
from hf_space.prediction.pipeline import file_room
from hf_space.prediction.predictor import Predictor
from hf_space.prediction.preview import Previews
from hf_space.settings import Settings

# Measured: parsed JSON takes 30 times its length, and 60 times if it is all empty objects. The
# memory budget of images counts 20 bytes for a pixel.
_READ_BYTES: Final = 64
_PIXELS_PER_BYTE: Final = 3.2
# Twice the longest review with every character escaped.
MOST_SMALL_BODY_BYTES: Final = 64 * 1024
"""Largest body of a route that does not read it itself."""


class PolicyRoute(APIRoute):
    """A route with a policy; use one of the subclasses.

    Attributes:
        needs_key: Whether a caller needs an API key where the settings require keys.
        takes_tickets: Whether a ticket is accepted in place of a visitor's token.
        checks_query: Whether a parameter that the route does not declare is refused.
        query_remedy: Where a parameter belongs that was wrongly put into the query; None if
            nowhere.
        reads_body: Whether the route reads its body itself, with its own limit; all other bodies
            have at most `MOST_SMALL_BODY_BYTES`.
    """

    needs_key: ClassVar[bool] = True
    takes_tickets: ClassVar[bool] = False
    checks_query: ClassVar[bool] = True
    query_remedy: ClassVar[str | None] = None
    reads_body: ClassVar[bool] = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler, preceded by a check of the query, which FastAPI lacks."""
        handle = self._bounded(super().get_route_handler())
        if not self.checks_query:
            return handle
        declared = declared_parameters(self.dependant)

        async def check_and_handle(request: Request) -> Response:
            if request.url.query:
                check_query(request.query_params, declared, self.query_remedy)
            return await handle(request)

        return check_and_handle

    def _bounded(
        self, handle: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return a handler that reads the body under a limit first: FastAPI has no limit."""
        if self.reads_body or not self.body_field:
            return handle

        async def read_and_handle(request: Request) -> Response:
            limit = MOST_SMALL_BODY_BYTES
            request = bounded(request, limit, told=limit)
            # The request keeps the body. An error while FastAPI reads it would be reported as bad
            # JSON.
            await request.body()
            return await handle(request)

        return read_and_handle


class FreeRoute(PolicyRoute):
    """A route without a rate limit."""


class OpenRoute(FreeRoute):
    """A route without a rate limit that needs no API key, even where keys are required.

    Health probes of other systems add their own parameters, and would take an error for an outage.
    """

    needs_key: ClassVar[bool] = False
    checks_query: ClassVar[bool] = False


class ChargedRoute(PolicyRoute):
    """A route that counts towards the rate limit; it charges a request before reading its body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the charge before it."""
        handle = super().get_route_handler()

        async def charge_and_handle(request: Request) -> Response:
            await charge_request(request)
            return await handle(request)

        return charge_and_handle


class LargeBodyRoute(ChargedRoute):
    """A charged route that limits and reads its body itself, within reserved memory."""

    reads_body: ClassVar[bool] = True


class UploadRoute(LargeBodyRoute):
    """A route for images that also accepts tickets."""

    takes_tickets: ClassVar[bool] = True
    query_remedy: ClassVar[str | None] = (
        "options are not read from the query; send them as form fields, or in the JSON body"
    )


class UndeclaredRoute(APIRoute):
    """The application's own route class: it refuses routes that are added without a resource."""

    def __init__(self, path: str, *_: object, **__: object) -> None:
        """Raise TypeError."""
        raise TypeError(_no_policy(path))


def _no_policy(path: object) -> str:
    return (
        f"{path} declares no rate policy; make its router an APIRouter(route_class=ChargedRoute), "
        "or FreeRoute if it costs nothing"
    )


def policy_routes(router: APIRouter) -> list[PolicyRoute]:
    """Return the routes of a resource; raises TypeError unless each declares one rate policy."""
    routes = []
    for route in router.routes:
        if isinstance(route, FreeRoute) == isinstance(route, ChargedRoute):
            raise TypeError(_no_policy(getattr(route, "path", route)))
        assert isinstance(route, PolicyRoute)  # noqa: S101 -- both are
        routes.append(route)
    return routes


async def charge_request(request: Request, *, cost: int = 1) -> None:
    """Charge the sender of a request; raises RateLimitedError."""
    state = request.app.state
    await charge(request.state.visitor, state.limiter, state.metrics, cost=cost)


async def get_sender(request: Request) -> Sender:
    """Return the visitor who requests a prediction and is charged for it beyond the request."""
    state, visitor = request.app.state, request.state.visitor

    async def pay(images: int) -> None:
        await charge(visitor, state.limiter, state.metrics, cost=images, in_addition=True)

    return Sender(visitor.name, visitor.address, pay)


def loaded_predictor(app: FastAPI) -> Predictor:
    """Return the predictor of a started API; raises ModelUnavailableError where there is none."""
    predictor: Predictor | None = app.state.predictor
    if predictor is None:
        raise ModelUnavailableError("no model is loaded")
    return predictor


async def get_settings(request: Request) -> Settings:
    """Return the settings the application was built with."""
    return cast("Settings", request.app.state.settings)


async def get_metrics(request: Request) -> Metrics:
    """Return the application's counters."""
    return cast("Metrics", request.app.state.metrics)


async def get_predictor(request: Request) -> Predictor:
    """Return the predictor; raises ModelUnavailableError when no model could be loaded."""
    return loaded_predictor(request.app)


async def get_visitor(request: Request) -> Visitor:
    """Return the visitor who sends the request."""
    return cast("Visitor", request.state.visitor)


async def get_owner(request: Request) -> bytes:
    """Return the visitor's owner; the response returns the token to a new visitor."""
    return (await get_visitor(request)).use()


async def get_history(request: Request) -> HistoryRepository:
    """Return the repository of the history."""
    service: HistoryService = request.app.state.history
    return service.repository


async def get_previews(request: Request) -> Previews:
    """Return the previewer."""
    return cast("Previews", request.app.state.previews)


async def get_tickets(request: Request) -> Tickets:
    """Return the issuer of tickets."""
    return cast("Tickets", request.app.state.tickets)


HistoryDep = Annotated[HistoryRepository, Depends(get_history)]
OwnerDep = Annotated[bytes, Depends(get_owner)]
SenderDep = Annotated[Sender, Depends(get_sender)]
VisitorDep = Annotated[Visitor, Depends(get_visitor)]
MetricsDep = Annotated[Metrics, Depends(get_metrics)]
PreviewsDep = Annotated[Previews, Depends(get_previews)]
TicketsDep = Annotated[Tickets, Depends(get_tickets)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
PredictorDep = Annotated[Predictor, Depends(get_predictor)]


def most_result_bytes(settings: Settings) -> int:
    """Return the largest size of a result that a client sends back; the image memory limits it."""
    return min(settings.max_upload_bytes, settings.image_memory_bytes // _READ_BYTES)


def _holding(
    memory: str, most: Callable[[Settings], int], price: float = 1.0
) -> Callable[..., AsyncIterator[None]]:
    """Return a dependency that reserves memory for a body that the route reads; raises BusyError.

    Args:
        memory: Name of the memory budget in the application's state.
        most: Returns the most bytes that are read.
        price: Memory that is reserved for each byte.
    """

    async def hold(
        request: Request, settings: SettingsDep, sender: SenderDep
    ) -> AsyncIterator[None]:
        held: ImageMemory = getattr(request.app.state, memory)
        size = int(_size(request, most(settings)) * price)
        async with file_room(held, size, sender):
            yield

    return hold


# Base64 writes three bytes as four characters.
hold_image = _holding("bodies", lambda settings: 4 * settings.max_upload_bytes // 3)
hold_slide = _holding("bodies", lambda settings: settings.max_slide_bytes)
hold_batch = _holding("bodies", lambda settings: settings.max_batch_bytes)
hold_result = _holding("memory", most_result_bytes, _PIXELS_PER_BYTE)


def _size(request: Request, most: int) -> int:
    """Return the bytes of a body: its declared length, or else the most that are read."""
    declared = request.headers.get("content-length", "")
    return min(int(declared), most) if declared.isdecimal() else most
