"""The named endpoints, for `gradio_client`: the result contract as JSON.

They take the options of the API with its defaults, except that `/predict_region` has one mode.
"""

import inspect
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AsyncExitStack, ExitStack, aclosing
from pathlib import Path
from typing import Any

import gradio as gr
from anyio import to_thread
from gradio.events import api

from hf_space.access.visitor import resolve_save
from hf_space.prediction.batch import predict_many
from hf_space.prediction.model_report import model_report
from hf_space.prediction.progress import ImageFound, TissueFound
from hf_space.prediction.streaming import followed_prediction
from hf_space.schemas.options import Mode, PredictOptions, invalid_options, read_options
from hf_space.ui.backend import Backend, errors_shown
from hf_space.ui.gradio_app.batch_files import batch_images
from hf_space.ui.gradio_app.uploads import read_bounded, uploaded_name, uploaded_path
from hf_space.ui.visitor import caller, caller_owner

# No postponed annotations in this file: Gradio reads the return types at run time.


class Endpoints:
    """The endpoints for programs; each upload is deleted as soon as it was read."""

    def __init__(self, backend: Backend) -> None:
        """Serve from a backend, which computes the results and deletes files that were read."""
        self._backend = backend

    def register(self) -> None:
        """Add the endpoints to the blocks that are being built."""
        api(self.predict, api_name="predict", api_description=_described(self.predict))
        api(
            self.predict_region,
            api_name="predict_region",
            api_description=_described(self.predict_region),
        )
        api(
            self.predict_batch,
            api_name="predict_batch",
            api_description=_described(self.predict_batch),
        )
        api(self.model_info, api_name="model_info")

    async def predict(
        self,
        image: gr.FileData,
        request: gr.Request,
        operating_point: str | None = None,
        threshold: float | None = None,
        microns_per_pixel: float | None = None,
        explain: bool = True,  # noqa: FBT001, FBT002 -- the client passes by position too
        save: bool | None = None,  # noqa: FBT001
        mode: Mode = "auto",
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Read one image: a patch, or a region if it is larger; yields events, then the result."""
        steps = self._predict(
            image,
            request,
            operating_point=operating_point,
            threshold=threshold,
            microns_per_pixel=microns_per_pixel,
            explain=explain,
            save=save,
            mode=mode,
        )
        async with aclosing(steps):
            async for step in steps:
                yield step

    async def predict_region(
        self,
        image: gr.FileData,
        request: gr.Request,
        operating_point: str | None = None,
        threshold: float | None = None,
        microns_per_pixel: float | None = None,
        explain: bool = True,  # noqa: FBT001, FBT002 -- the client passes by position too
        save: bool | None = None,  # noqa: FBT001
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Read one image tile by tile, whatever its size; yields events, then the result."""
        steps = self._predict(
            image,
            request,
            operating_point=operating_point,
            threshold=threshold,
            microns_per_pixel=microns_per_pixel,
            explain=explain,
            save=save,
            mode="region",
        )
        async with aclosing(steps):
            async for step in steps:
                yield step

    async def predict_batch(
        self,
        files: list[gr.FileData],
        request: gr.Request,
        operating_point: str | None = None,
        threshold: float | None = None,
        microns_per_pixel: float | None = None,
        explain: bool = True,  # noqa: FBT001, FBT002 -- the client passes by position too
        save: bool | None = None,  # noqa: FBT001
        mode: Mode = "auto",
    ) -> list[dict[str, Any]]:
        """Read many images, or one zip of them; a bad file gets its own error."""
        with errors_shown(), ExitStack() as stack:
            paths = self._take(files if isinstance(files, list) else [files], stack)
            options, owner = _options(
                request,
                operating_point=operating_point,
                threshold=threshold,
                microns_per_pixel=microns_per_pixel,
                explain=explain,
                save=save,
                mode=mode,
            )
            predictor = self._backend.get_predictor()
            # Refuse an unknown one here, not in each item.
            predictor.operating_point(options)
            images = await batch_images(paths, self._backend.settings, stack)
            await self._backend.charge_batch(len(images), request)
            sender = self._backend.sender(request)
            results = predict_many(predictor, images, options, owner=owner, sender=sender)
            items = [item async for item in results]
        items.sort(key=lambda item: item.index)
        return [item.model_dump(mode="json") for item in items]

    async def model_info(self) -> dict[str, Any]:
        """Return the model's facts, its measured figures, and the limits of a request."""
        with errors_shown():
            bundle = self._backend.get_predictor().bundle
            return model_report(bundle, self._backend.settings).model_dump(mode="json")

    async def _predict(
        self, image: object, request: gr.Request, **options: Any
    ) -> AsyncGenerator[dict[str, Any], None]:
        with errors_shown():
            async with AsyncExitStack() as room:
                with ExitStack() as stack:
                    [(_, path)] = self._take([image], stack)
                    await room.enter_async_context(self._backend.file_room(path, request))
                    limit = self._backend.settings.max_upload_bytes
                    data = await to_thread.run_sync(read_bounded, path, limit)
                wanted, owner = _options(request, **options)
                predictor = self._backend.get_predictor()
                sender = self._backend.sender(request)
                steps = await room.enter_async_context(
                    followed_prediction(predictor, data, wanted, owner=owner, sender=sender)
                )
                async for step in steps:
                    told = step.event if isinstance(step, ImageFound | TissueFound) else step
                    yield told.model_dump(mode="json")

    def _take(self, payloads: Iterable[Any], stack: ExitStack) -> list[tuple[str, Path]]:
        """Return names and paths of uploaded files, which the stack deletes when it closes."""
        taken = []
        for payload in payloads:
            path = uploaded_path(payload)
            stack.callback(self._backend.uploads.release, path)
            taken.append((uploaded_name(payload), path))
        return taken


def _described(endpoint: Callable[..., object]) -> str:
    """Return the description of an endpoint and its options for `view_api`."""
    fields = PredictOptions.model_fields
    options = [
        f"`{name}`: {fields[name].description}"
        for name in inspect.signature(endpoint).parameters
        if name in fields
    ]
    return "\n\n".join([str(inspect.getdoc(endpoint)), *options])


def _options(request: gr.Request, **options: object) -> tuple[PredictOptions, bytes | None]:
    """Return a call's options and its owner; raises InvalidOptionsError.

    A result is never saved without an owner: unlike the API's, this response has no headers that
    could return a token to a new visitor.
    """
    wanted, owner = (
        resolve_save(read_options(PredictOptions, options), caller(request)),
        caller_owner(request),
    )
    if wanted.save and owner is None:
        reason = "to save the result, send a visitor's token or an API key in the headers"
        raise invalid_options([{"loc": ("save",), "msg": reason}])
    return wanted, owner
