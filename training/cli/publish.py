"""The command that puts a model, and the data it was made from, on the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.quiet import import_tensorflow
from training.errors import ConfigurationError, PublishError

if TYPE_CHECKING:
    from training.release.publish_model import Publication


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(publish)


def publish(
    bundle: Annotated[Path, typer.Argument(help="Folder of an exported, evaluated bundle.")],
    repo: Annotated[str, typer.Option(help="Model repository, owner/name; created if missing.")],
    *,
    private: Annotated[
        bool, typer.Option("--private", help="Create repositories for their owner only.")
    ] = False,
    tag: Annotated[str | None, typer.Option(help="Tag of this release, as v1.0.0.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder written by `prepare`, to show 12 patches of held-out cases."),
    ] = None,
    data_licence: Annotated[
        str | None,
        typer.Option(help="Licence of the patches, as cc0-1.0; without it none is published."),
    ] = None,
    dataset_repo: Annotated[
        str | None, typer.Option(help="Data set repository, owner/name, for all of --data.")
    ] = None,
) -> None:
    """Check a bundle, then publish it in one commit with its card; unchanged, it makes none.

    The token is that of HF_TOKEN or of `hf auth login`.

    Example: python -m training publish hf_space/model --repo me/biopsia-idc --tag v1.0.0
    """
    from training.data.samples import require_licence

    if data:
        require_licence(data_licence)
    elif data_licence or dataset_repo:
        raise ConfigurationError("--data-licence and --dataset-repo need --data")
    from hf_space.deploy.hub import HubError, check_name, connect

    try:
        check_name(repo)
        if dataset_repo:
            check_name(dataset_repo)
        # Fail before checks that take minutes.
        api = connect()
        import_tensorflow()
        from training.release.publish_model import publish_model

        model = publish_model(
            api, bundle, repo, private=private, tag=tag, dataset=data, licence=data_licence
        )
        _tell(model, "")
        if data and dataset_repo:
            from training.release.publish_data import publish_dataset

            _tell(
                publish_dataset(api, data, dataset_repo, licence=data_licence, private=private),
                "datasets/",
            )
    except HubError as error:
        raise PublishError(str(error)) from error


def _tell(publication: Publication, kind: str) -> None:
    from huggingface_hub import constants

    state = "is published" if publication.changed else "was there already, unchanged"
    address = f"{constants.ENDPOINT}/{kind}{publication.repo_id}"
    tags = "".join(f", tagged {name}" for name in publication.tags)
    typer.echo(f"{publication.repo_id} {state}, at commit {publication.commit}{tags}: {address}")
