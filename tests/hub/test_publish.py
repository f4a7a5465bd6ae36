"""Publishing a bundle: checks first, one commit, tags that never move."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import ModelCard

from hf_space.bundle.config import INFERENCE_FILE, METRICS_FILE, OPENVINO_WEIGHTS_FILE
from hf_space.bundle.load import load_bundle
from hf_space.deploy.hub import HubError
from tests.hub.server import Hub
from tests.keras_bundle import write_keras_bundle
from training.errors import ConfigurationError, PublishError, RunError
from training.evaluation.measured import METRIC_TITLES, measured_bundle
from training.fitting.run import TRAINING_FILE
from training.release.export import KERAS_WEIGHTS_FILE
from training.release.publish_model import publish_model

REPO = "owner/biopsia-idc"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that is fit to be published; do not write into it."""
    return write_keras_bundle(tmp_path_factory.mktemp("bundle") / "model")


@pytest.fixture
def bundle(shared: Path, tmp_path: Path) -> Path:
    """The same, for one test alone."""
    return Path(shutil.copytree(shared, tmp_path / "model"))


def test_the_repository_holds_the_bundle_in_one_commit(hub: Hub, bundle: Path) -> None:
    for stray in ("notes.txt", "evaluation/mosaic_8864.png", "samples/patch.png"):
        (bundle / stray).parent.mkdir(exist_ok=True)
        (bundle / stray).write_text("may show tissue")
    published = publish_model(hub.api(), bundle, REPO)
    repository = hub.repository(REPO)
    assert set(repository.head.files) == {
        *(".gitattributes", "README.md", "config.json", "metadata.json", KERAS_WEIGHTS_FILE),
        *("openvino_model.xml", OPENVINO_WEIGHTS_FILE, INFERENCE_FILE, METRICS_FILE),
        *("training.json", "calibration.json", "candidates.json", "evaluation/roc.png"),
        *("handler.py", "requirements.txt"),
    }
    for name in (INFERENCE_FILE, METRICS_FILE, KERAS_WEIGHTS_FILE, OPENVINO_WEIGHTS_FILE):
        assert repository.content(name) == (bundle / name).read_bytes()
    # Creating the repository was the first.
    assert [commit.title for commit in hub.api().list_repo_commits(REPO)] == [
        "Publish tiny r1",
        "initial commit",
    ]
    assert published.commit == hub.api().model_info(REPO).sha
    assert published.changed


def test_the_card_names_its_repository_and_holds_the_figures(hub: Hub, bundle: Path) -> None:
    publish_model(hub.api(), bundle, REPO)
    card = ModelCard(hub.repository(REPO).content("README.md").decode())
    assert f"hf://{REPO}" in card.text
    assert "OWNER/NAME" not in card.text
    results = card.data.get("eval_results")
    assert results is not None
    metrics = measured_bundle(bundle).metrics
    assert {result.metric_value for result in results} == {
        round(metrics[name], 3) for name in METRIC_TITLES
    }


def test_what_is_there_already_is_not_committed_again(hub: Hub, bundle: Path) -> None:
    first = publish_model(hub.api(), bundle, REPO, tag="v1.0.0")
    again = publish_model(hub.api(), bundle, REPO, tag="v1.0.0")
    assert (again.commit, again.changed) == (first.commit, False)
    assert len(hub.api().list_repo_commits(REPO)) == 2


def test_a_file_that_the_bundle_no_longer_has_goes(hub: Hub, bundle: Path) -> None:
    publish_model(hub.api(), bundle, REPO)
    (bundle / "evaluation" / "roc.png").unlink()
    assert publish_model(hub.api(), bundle, REPO).changed
    assert not hub.api().file_exists(REPO, "evaluation/roc.png")
    assert hub.api().file_exists(REPO, ".gitattributes")


def test_both_the_release_and_what_results_name_can_be_loaded(hub: Hub, bundle: Path) -> None:
    published = publish_model(hub.api(), bundle, REPO, tag="v1.0.0")
    assert published.tags == ("v1.0.0", "revision-r1")
    for tag in published.tags:
        assert hub.api().model_info(REPO, revision=tag).sha == published.commit


def test_the_name_of_a_release_never_moves(hub: Hub, bundle: Path) -> None:
    first = publish_model(hub.api(), bundle, REPO, tag="v1.0.0")
    (bundle / "evaluation" / "roc.png").unlink()
    # Refused before anything changes, whether the release is the newest commit or an older one.
    for _ in range(2):
        head = hub.api().model_info(REPO).sha
        with pytest.raises(PublishError, match=r"a tag v1\.0\.0 already"):
            publish_model(hub.api(), bundle, REPO, tag="v1.0.0")
        assert hub.api().model_info(REPO).sha == head
        second = publish_model(hub.api(), bundle, REPO)
    assert hub.api().model_info(REPO, revision="v1.0.0").sha == first.commit != second.commit
    # The tag named in results has the newest card of the same weights.
    assert hub.api().model_info(REPO, revision="revision-r1").sha == second.commit


def test_an_altered_weight_file_is_not_published(hub: Hub, bundle: Path) -> None:
    weights = bundle / OPENVINO_WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(RunError, match="was altered"):
        publish_model(hub.api(), bundle, REPO)
    assert not hub.api().repo_exists(REPO)


def test_two_networks_under_one_name_are_not_published(hub: Hub, tmp_path: Path) -> None:
    other = write_keras_bundle(tmp_path / "other", bias=0.501)
    with pytest.raises(PublishError, match=r"logits differ by 0\.001"):
        publish_model(hub.api(), other, REPO)
    assert not hub.api().repo_exists(REPO)


def test_a_bundle_without_figures_is_not_published(hub: Hub, bundle: Path) -> None:
    (bundle / METRICS_FILE).unlink()
    with pytest.raises(RunError, match="card without figures"):
        publish_model(hub.api(), bundle, REPO)


@pytest.mark.parametrize("how", ["marked by evaluate", "in the model's own record"])
def test_figures_of_cases_that_the_model_learned_from_are_not_published(
    hub: Hub, bundle: Path, how: str
) -> None:
    name = METRICS_FILE if how == "marked by evaluate" else TRAINING_FILE
    content = json.loads((bundle / name).read_text())
    if name == METRICS_FILE:
        content["dataset"]["learned_cases"] = ["9001"]
    else:
        content["cases"] = ["9001"]
    (bundle / name).write_text(json.dumps(content))
    with pytest.raises(PublishError, match="cases that the model learned from, as 9001"):
        publish_model(hub.api(), bundle, REPO)
    assert not hub.api().repo_exists(REPO)


def test_a_card_that_the_hub_does_not_take_is_not_published(hub: Hub, bundle: Path) -> None:
    hub.faults.fail("POST", "/api/validate-yaml", status=400, message='"license" is unknown')
    with pytest.raises(PublishError, match=r"does not take the card: .*is unknown"):
        publish_model(hub.api(), bundle, REPO)
    assert not hub.api().repo_exists(REPO)


def test_a_private_model_stays_private(hub: Hub, bundle: Path) -> None:
    publish_model(hub.api(), bundle, REPO, private=True)
    assert hub.repository(REPO).private
    assert not hub.api(None).repo_exists(REPO)


def test_a_public_repository_is_not_taken_for_a_private_one(hub: Hub, bundle: Path) -> None:
    hub.api().create_repo(REPO)
    with pytest.raises(PublishError, match="exists and is public"):
        publish_model(hub.api(), bundle, REPO, private=True)
    assert hub.api().list_repo_files(REPO) in ([], [".gitattributes"])


def test_an_upload_that_breaks_off_is_tried_again(hub: Hub, bundle: Path) -> None:
    hub.faults.drop_uploads(1, after=100)
    publish_model(hub.api(), bundle, REPO)
    path = bundle / KERAS_WEIGHTS_FILE
    assert hub.repository(REPO).content(KERAS_WEIGHTS_FILE) == path.read_bytes()


def test_after_a_failure_the_same_command_finishes(hub: Hub, bundle: Path) -> None:
    hub.faults.fail("POST", r"/commit/", status=400, message="not now")
    with pytest.raises(HubError, match="not now"):
        publish_model(hub.api(), bundle, REPO)
    assert not hub.api().file_exists(REPO, INFERENCE_FILE)
    sent = len([request for request in hub.requests if request.method == "PUT"])
    assert publish_model(hub.api(), bundle, REPO).changed
    # Files that had arrived were not sent again.
    assert len([request for request in hub.requests if request.method == "PUT"]) == sent


def test_what_may_not_be_written_is_said(hub: Hub, bundle: Path) -> None:
    with pytest.raises(HubError, match="may not write owner/biopsia-idc"):
        publish_model(hub.api(hub.tokens.read), bundle, REPO)
    with pytest.raises(HubError, match="may not write stranger/model"):
        publish_model(hub.api(), bundle, "stranger/model")


@pytest.mark.parametrize("licence", [None, "other", "cc-by-nc-4.0"])
def test_no_patch_is_published_unless_a_licence_allows_it(
    hub: Hub, bundle: Path, licence: str | None
) -> None:
    with pytest.raises(ConfigurationError, match="--data-licence"):
        publish_model(hub.api(), bundle, REPO, dataset=bundle, licence=licence)
    assert not hub.api().repo_exists(REPO)


def test_another_projects_files_are_not_replaced(hub: Hub, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"years of work")
    hub.api().create_repo(REPO)
    hub.api().upload_file(
        repo_id=REPO, path_or_fileobj=tmp_path / "weights.bin", path_in_repo="weights.bin"
    )
    with pytest.raises(HubError, match="holds other files"):
        publish_model(hub.api(), bundle, REPO)
    assert hub.repository(REPO).content("weights.bin") == b"years of work"


@pytest.mark.parametrize("tag", ["v 1", "main", "-v1", "v1/x", "v1.0.0~1"])
def test_what_is_no_tag_is_refused_before_anything_changes(
    hub: Hub, bundle: Path, tag: str
) -> None:
    with pytest.raises(PublishError, match="is no tag of a release"):
        publish_model(hub.api(), bundle, REPO, tag=tag)
    assert not hub.api().repo_exists(REPO)


@pytest.mark.parametrize("kind", [ConnectionError, PermissionError, RuntimeError])
def test_however_an_upload_fails_it_is_said(
    hub: Hub, bundle: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise kind("store.example is gone")

    # As the library that the client uploads with raises them: the local Hub does not speak with it.
    monkeypatch.setattr("huggingface_hub.HfApi.create_commit", fail)
    with pytest.raises(HubError, match="same command again"):
        publish_model(hub.api(), bundle, REPO)


def test_the_published_bundle_is_the_one_that_is_served(
    hub: Hub, bundle: Path, tmp_path: Path
) -> None:
    publish_model(hub.api(), bundle, REPO)
    folder = hub.api().snapshot_download(REPO, local_dir=tmp_path / "copy")
    assert load_bundle(Path(folder)).config == load_bundle(bundle).config
    assert re.search(r"\| revision \| `r1`", (Path(folder) / "README.md").read_text("utf-8"))
    assert np.isfinite(list(measured_bundle(Path(folder)).metrics["intervals"]["f1"])).all()
