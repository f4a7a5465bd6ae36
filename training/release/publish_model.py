"""Publishes a bundle on the Hugging Face Hub: checked first, then one commit and its tags."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from huggingface_hub import HfApi, ModelCard, RepoCard

from hf_space.bundle.config import (
    EVALUATION_FOLDER,
    INFERENCE_FILE,
    LIMITS_FILE,
    METRICS_FILE,
    REPORTS,
)
from hf_space.bundle.load import Bundle
from hf_space.deploy.hub import RepoType, commit_folder, explained, is_published
from hf_space.errors import BundleError
from hf_space.inference.engine import load_engine, predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from hf_space.inference.probe import probe_patches
from training.data.samples import require_licence, write_samples
from training.data.splits import split_of
from training.errors import PublishError
from training.evaluation.calibrate import CALIBRATION_FILE
from training.evaluation.compare import CANDIDATES_FILE
from training.evaluation.familiarity import FAMILIARITY_REPORT_FILE
from training.evaluation.measured import Measured, measured_bundle
from training.evaluation.plots import PLOT_NAMES
from training.fitting.learned import learned_cases
from training.fitting.run import TRAINING_FILE
from training.release.card import CARD_FILE, Published, render_card
from training.release.export import PROBABILITY_FILE

# In addition to the files whose hashes the bundle lists.
_FILES: Final = (
    *("config.json", "metadata.json", "model.keras", "model.h5", PROBABILITY_FILE),
    *(INFERENCE_FILE, METRICS_FILE, TRAINING_FILE),
    *(CALIBRATION_FILE, LIMITS_FILE, FAMILIARITY_REPORT_FILE, CANDIDATES_FILE),
    *REPORTS.values(),
)
# The limit that `export` promises.
_WORST_DIFFERENCE: Final = 1e-4
_HANDLER: Final = "handler.py"
# Packages that the handler needs and endpoints lack.
_HANDLER_NEEDS: Final = ("opencv-python-headless", "openvino")
_TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication of a model.

    Attributes:
        repo_id: `owner/name`.
        commit: 40 hexadecimal digits.
        changed: Whether this call made the commit.
        tags: The commit's tags.
    """

    repo_id: str
    commit: str
    changed: bool
    tags: tuple[str, ...] = ()


def publish_model(
    api: HfApi,
    folder: Path,
    repo_id: str,
    *,
    private: bool = False,
    tag: str | None = None,
    dataset: Path | None = None,
    licence: str | None = None,
) -> Publication:
    """Check a bundle and publish it in a model repository, which is created if needed.

    The commit is tagged with the given name and with `revision_tag`, so that the model named in a
    result can be loaded. Unchanged content is neither committed nor tagged again.

    Args:
        api: The Hub's client, with a token that may write.
        folder: An exported and evaluated bundle.
        repo_id: `owner/name`.
        private: Create a private repository.
        tag: Name of a release, `v1.0.0`; tags are never moved.
        dataset: Folder written by `prepare`, from which held-out patches are shown.
        licence: The data's licence; without it no patch is published.

    Raises:
        RunError: The bundle is damaged, or was not evaluated.
        ConfigurationError: Its card cannot be rendered, or the licence does not allow samples.
        DatasetError: There is no prepared data set.
        PublishError: The figures are of cases that the model learned from, the two forms of the
            network differ, the Hub does not accept the card, or the tag is invalid or taken.
        HubError: The Hub cannot be reached, or refuses.
    """
    if tag and (tag == "main" or not _TAG.fullmatch(tag)):
        raise PublishError(f"{tag!r} is no tag of a release: write it as v1.0.0")
    measured = measured_bundle(folder)
    require_unseen(measured)
    require_parity(measured.bundle)
    with tempfile.TemporaryDirectory() as scratch:
        staged = Path(scratch) / "bundle"
        _stage(measured, staged, repo_id, dataset, licence)
        require_valid_card(ModelCard.load(staged / CARD_FILE))
        require_repo(api, repo_id, "model", private=private)
        if tag:
            _require_free(api, repo_id, tag, staged)
        message = f"Publish {measured.bundle.config.name} {measured.bundle.config.revision}"
        publication = publish_folder(
            api, repo_id, staged, repo_type="model", mark=INFERENCE_FILE, message=message
        )
    tags = tuple(filter(None, (tag, revision_tag(measured.bundle.config.revision))))
    for name in tags:
        _tag(api, publication, name)
    return replace(publication, tags=tags)


def revision_tag(revision: str) -> str:
    """Return the tag of the bundle that results name by a revision."""
    return f"revision-{revision}"


def require_unseen(measured: Measured) -> None:
    """Raise PublishError if the figures are of cases that the model learned from."""
    marked = set(measured.metrics["dataset"].get("learned_cases", ()))
    splits = {case: split_of(case) for case in measured.metrics["cases"]}
    if seen := marked | learned_cases(measured.training, splits):
        raise PublishError(
            f"the figures are of cases that the model learned from, as {min(seen)}: evaluate the "
            "bundle on others"
        )


def require_parity(bundle: Bundle) -> None:
    """Compare the logits of Keras and OpenVINO on drawn tissue.

    Raises:
        PublishError: One of them does not run, or they differ by more than `export` allows.
    """
    patches = probe_patches(bundle.config.patch_size_pixels)
    try:
        # In float32: bfloat16, which may be used for serving, differs by more.
        exported, kept = (
            predict_patches(engine, bundle.config, patches).logits
            for engine in (OpenVinoEngine(bundle), load_engine("tensorflow", bundle))
        )
    except (BundleError, ValueError, RuntimeError) as error:
        raise PublishError(f"the network does not run: {error}") from error
    worst = float(np.abs(exported - kept).max())
    if not worst <= _WORST_DIFFERENCE:
        raise PublishError(
            f"the OpenVINO network is not the Keras network: logits differ by {worst:.3g}, more "
            f"than {_WORST_DIFFERENCE:g}; run `export` again"
        )


def _stage(
    measured: Measured, staged: Path, repo_id: str, dataset: Path | None, licence: str | None
) -> None:
    """Copy a bundle, with a card that names its repository and the files of an Inference Endpoint.

    Patches are included only on request.
    """
    for source in _files(measured.bundle):
        target = staged / source.relative_to(measured.bundle.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    published = Published(repo_id)
    if dataset:
        published = Published(repo_id, require_licence(licence), write_samples(dataset, staged))
    (staged / CARD_FILE).write_text(render_card(measured, published=published), encoding="utf-8")
    shutil.copyfile(Path(__file__).with_name(_HANDLER), staged / _HANDLER)
    needs = "".join(f"{name}=={version(name)}\n" for name in _HANDLER_NEEDS)
    (staged / "requirements.txt").write_text(needs, encoding="utf-8")


def _files(bundle: Bundle) -> list[Path]:
    """Return the files of a bundle; other files in the folder may show tissue."""
    present = {path for path in bundle.path.rglob("*") if path.is_file()}
    known = {
        *(bundle.path / name for name in (*_FILES, *bundle.config.sha256)),
        *(bundle.path / EVALUATION_FOLDER / f"{name}.png" for name in PLOT_NAMES),
    }
    for stray in sorted(present - known - {bundle.path / CARD_FILE}):
        logger.warning("left out, since it is no part of a bundle: %s", stray)
    return sorted(present & known)


def require_valid_card(card: RepoCard) -> None:
    """Have the Hub validate a card's front matter; raises PublishError or HubError."""
    try:
        with explained("the check of cards"):
            card.validate()
    except ValueError as error:
        raise PublishError(f"the Hub does not take the card: {error}") from error


def require_repo(api: HfApi, repo_id: str, repo_type: RepoType, *, private: bool) -> None:
    """Create a repository if there is none.

    Raises:
        PublishError: It is public but should be private.
        HubError: The Hub refuses.
    """
    with explained(repo_id):
        api.create_repo(repo_id, repo_type=repo_type, private=private, exist_ok=True)
        if private and not api.repo_info(repo_id, repo_type=repo_type).private:
            raise PublishError(f"{repo_id} exists and is public: make it private on the Hub first")


def publish_folder(
    api: HfApi, repo_id: str, folder: Path, *, repo_type: RepoType, mark: str, message: str
) -> Publication:
    """Commit a folder's files to a repository, see `commit_folder`; raises HubError."""
    with explained(repo_id):
        commit = commit_folder(
            api, repo_id, folder, repo_type=repo_type, mark=mark, message=message
        )
        current = commit or api.repo_info(repo_id, repo_type=repo_type).sha
    return Publication(repo_id, str(current), changed=commit is not None)


def _require_free(api: HfApi, repo_id: str, name: str, folder: Path) -> None:
    """Refuse a tag that already names something else, before anything is changed."""
    with explained(repo_id):
        at = _tags(api, repo_id).get(name)
        if at is None:
            return
        same = is_published(api, repo_id, folder, repo_type="model", mark=INFERENCE_FILE)
        if not same or at != api.repo_info(repo_id).sha:
            raise PublishError(
                f"{repo_id} has a tag {name} already, at commit {at[:12]}, and others may rely on "
                "it: choose another"
            )


def _tag(api: HfApi, publication: Publication, name: str) -> None:
    """Tag a publication; a release's tag is free by now, or is already on it."""
    repo_id, commit = publication.repo_id, publication.commit
    with explained(repo_id):
        at = _tags(api, repo_id).get(name)
        if at == commit:
            return
        if at:
            api.delete_tag(repo_id, tag=name)
        api.create_tag(repo_id, tag=name, revision=commit)


def _tags(api: HfApi, repo_id: str) -> dict[str, str]:
    return {tag.name: tag.target_commit for tag in api.list_repo_refs(repo_id).tags}
