"""Slides in stores, and results that go there, through real clients and servers."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hf_space.cli import app
from hf_space.slides.errors import StoreError
from hf_space.slides.outputs import FILES
from hf_space.slides.remote import cache, range_file, store
from hf_space.slides.remote.store import StoredObject
from tests.bundle_factory import write_bundle
from tests.drawn_slide import DrawnSlide
from tests.s3 import Request, Store, running_s3
from tests.slides import write_svs
from tests.web_files import WebFiles, running_web_files

DRAWN = DrawnSlide(width=6400, height=6400, microns_per_pixel=(0.5, 0.5))
WRITTEN = {name for each in FILES.values() for name in each} - {"features.parquet"}
ALL = WRITTEN | {"tissue.png", "scores.npz", "run.json"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "model")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A slide, and its results on disk; do not write into it."""
    folder = tmp_path_factory.mktemp("local")
    write_svs(folder / "a.svs", DRAWN)
    done = slides(model, folder / "a.svs", "--out", folder / "out")
    assert done.exit_code == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with running_s3() as found:
        yield found


@pytest.fixture
def s3(running: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty store, and a cache of the test's own."""
    monkeypatch.setattr(store, "_FIRST_WAIT_SECONDS", 0)
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / "cache")
    running.refuses = lambda _: False
    running.system().rm(running.address + "/*", recursive=True) if running.names() else None
    running.requests.clear()
    yield running
    running.refuses = lambda _: False


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebFiles]:
    monkeypatch.setattr(store, "_FIRST_WAIT_SECONDS", 0)
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / "cache")
    with running_web_files() as found:
        yield found


def slides(model: Path, *arguments: object) -> Result:
    variables = {"NO_COLOR": "1", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
    variables |= {"BIOPSIA_MODEL_DIR": str(model)}
    return CliRunner(env=variables).invoke(app, ["slides", *map(str, arguments)])


def rows(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_a_tiff_is_read_in_parts_and_its_results_stored(
    s3: Store, local: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(range_file, "BLOCK_BYTES", 1 << 12)
    slide = s3.write("scans/a.svs", (local / "a.svs").read_bytes())
    s3.requests.clear()
    out = f"{s3.address}/out"
    done = slides(model, slide, "--out", out)
    assert done.exit_code == 0, done.stderr
    assert f"{out}/summary.csv" in done.stderr
    size = (local / "a.svs").stat().st_size
    assert 0 < sum(fetched(s3.requests, "/slides/scans/a.svs")) < size / 2
    assert not (tmp_path / "cache").exists()
    assert s3.names("out/") == {f"out/a.svs/{name}" for name in ALL} | {"out/summary.csv"}
    for name in ("tiles.csv", "tissue.png"):
        assert s3.read(f"out/a.svs/{name}") == (local / "out" / "a.svs" / name).read_bytes()
    (row,) = rows(s3.read("out/summary.csv"))
    assert (row["name"], row["file"], row["state"]) == ("a.svs", slide, "done")
    # The record is the last to come: with it a slide is done.
    puts = [request.path for request in s3.requests if request.method == "PUT"]
    of_slide = [path for path in puts if "/a.svs/" in path]
    assert of_slide[-1].endswith("/run.json")
    assert len(of_slide) == len(ALL)

    s3.requests.clear()
    again = slides(model, slide, "--out", out)
    assert again.exit_code == 0, again.stderr
    assert "skipped" in again.stderr
    assert {request.path for request in s3.requests if request.method == "PUT"} == {
        "/slides/out/summary.csv"
    }

    other = slides(model, slide, "--out", out, "--threshold", "0.9", "--format", "csv")
    assert other.exit_code == 0, other.stderr
    assert "rewriting the files only" in other.stderr
    assert s3.names("out/a.svs/") == {
        f"out/a.svs/{name}" for name in ("tiles.csv", "tissue.png", "scores.npz", "run.json")
    }
    assert json.loads(s3.read("out/a.svs/run.json"))["written"]["threshold"] == 0.9


def fetched(requests: list[Request], path: str) -> Iterator[int]:
    """How many bytes were asked for of an object; a request without a range would be all of it."""
    for request in requests:
        if request.path == path and request.method == "GET":
            start, last = request.range.removeprefix("bytes=").split("-")
            yield int(last) - int(start) + 1


def test_another_format_is_fetched_once_to_a_folder_with_a_limit(
    s3: Store, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = Path("hf_space/examples/drawn_region.png").read_bytes()
    listed = [s3.write(f"scans/{name}.png", example) for name in "ab"]
    manifest = s3.write("list.csv", f"path,case\n{listed[0]},K1\nscans/b.png,K1\n".encode())
    monkeypatch.setattr(cache, "MOST_BYTES", int(1.5 * len(example)))
    monkeypatch.setattr(range_file, "BLOCK_BYTES", 1 << 12)
    s3.requests.clear()
    arguments = ["--manifest", manifest, "--out", f"{s3.address}/out", "--microns-per-pixel", "4"]
    done = slides(model, *arguments, "--format", "csv")
    assert done.exit_code == 0, done.stderr
    # The first one was removed for the second.
    (kept,) = (path for path in (tmp_path / "cache").iterdir() if path.suffix == ".png")
    assert kept.read_bytes() == example
    (case,) = rows(s3.read("out/cases.csv"))
    assert (case["case"], case["slides"], case["slides_done"]) == ("K1", "2", "2")
    s3.requests.clear()
    kept_again = slides(
        model, listed[1], "--out", f"{s3.address}/b", *arguments[4:], "--format", "csv"
    )
    assert kept_again.exit_code == 0, kept_again.stderr
    # Only its beginning, which shows that it is not a TIFF.
    assert sum(fetched(s3.requests, "/slides/scans/b.png")) == 1 << 12
    # What a process that was killed has left of another slide takes room as a slide does.
    left = tmp_path / "cache" / ".part.0123abcd.other.svs"
    left.write_bytes(example)
    os.utime(left, (0, 0))
    cache.make_room(tmp_path / "cache", len(example) // 3, "another")
    assert kept.exists()
    assert not left.exists()
    monkeypatch.setattr(cache, "MOST_BYTES", len(example) - 1)
    large = slides(model, listed[0], "--out", tmp_path / "out", *arguments[4:])
    assert large.exit_code == 3
    assert (
        "a.png: disk_full: s3://slides/scans/a.png cannot be read: it does not fit" in large.stderr
    )


def test_a_write_that_fails_is_tried_again_then_named_and_leaves_no_half(
    s3: Store, local: Path, model: Path
) -> None:
    out = f"{s3.address}/out"
    refused: list[str] = []

    def refuse(most: int) -> None:
        def refuses(request: Request) -> bool:
            is_it = request.method == "PUT" and request.path.endswith("/tiles.csv")
            if is_it:
                refused.append(request.path)
            return is_it and len(refused) <= most

        s3.refuses = refuses

    refuse(10_000)
    failed = slides(model, local / "a.svs", "--out", out, "--format", "csv")
    assert failed.exit_code == 3
    assert len(refused) >= store.TRIES
    (row,) = rows(s3.read("out/summary.csv"))
    assert (row["state"], row["code"]) == ("failed", "input_output")
    assert f"{out}/a.svs/tiles.csv cannot be written" in row["message"]
    assert "out/a.svs/run.json" not in s3.names()
    assert "out/a.svs/tiles.csv" not in s3.names()

    refused.clear()
    refuse(2)
    done = slides(model, local / "a.svs", "--out", out, "--format", "csv")
    assert done.exit_code == 0, done.stderr
    # The scores were stored before, so that the network need not run again.
    assert "rewriting the files only" in done.stderr
    assert len(refused) == 3
    assert s3.read("out/a.svs/tiles.csv") == (local / "out" / "a.svs" / "tiles.csv").read_bytes()
    assert rows(s3.read("out/summary.csv"))[0]["state"] == "done"

    s3.refuses = lambda request: request.path.endswith("/summary.csv")
    told = slides(model, local / "a.svs", "--out", out, "--format", "csv")
    assert told.exit_code == 1
    assert f"cannot write {out}/summary.csv: " in told.stderr


def test_scores_are_stored_first_and_fetched_only_where_they_are_needed(
    s3: Store, local: Path, model: Path
) -> None:
    out = f"{s3.address}/out"
    s3.refuses = lambda request: request.method == "PUT" and request.path.endswith("/foci.geojson")
    failed = slides(model, local / "a.svs", "--out", out)
    assert failed.exit_code == 3
    assert f"{out}/a.svs/foci.geojson cannot be written" in failed.stderr
    assert s3.names("out/") == {"out/a.svs/scores.npz", "out/summary.csv"}
    s3.refuses = lambda _: False
    assert "rewriting the files only" in slides(model, local / "a.svs", "--out", out).stderr

    s3.requests.clear()
    assert "skipped" in slides(model, local / "a.svs", "--out", out).stderr
    read = {request.path for request in s3.requests if request.method == "GET"}
    assert "/slides/out/a.svs/run.json" in read
    assert "/slides/out/a.svs/scores.npz" not in read

    s3.refuses = lambda request: request.method == "GET" and request.path.endswith("/scores.npz")
    unread = slides(model, local / "a.svs", "--out", out, "--threshold", "0.9")
    assert unread.exit_code == 3
    assert f"{out}/a.svs/scores.npz cannot be read" in unread.stderr
    # What was done is as it was.
    assert s3.names("out/a.svs/") == {f"out/a.svs/{name}" for name in ALL}
    s3.refuses = lambda _: False
    again = slides(model, local / "a.svs", "--out", out, "--threshold", "0.9")
    assert "rewriting the files only" in again.stderr
    assert json.loads(s3.read("out/a.svs/run.json"))["written"]["threshold"] == 0.9


def test_names_with_marks_of_addresses_keep_their_own_places(
    s3: Store, web: WebFiles, local: Path, model: Path, tmp_path: Path
) -> None:
    content = (local / "a.svs").read_bytes()
    name = "12#3 é?.svs"
    (tmp_path / name).write_bytes(content)
    web.files["/scans/12%233%20%C3%A9%3F.svs"] = content
    stored = s3.write(f"scans/{name.replace('?', '')}", content)
    for slide in (tmp_path / name, f"{web.address}/scans/12%233%20%C3%A9%3F.svs", stored):
        for out in (f"{s3.address}/out", f"{web.address}/out?key=1"):
            done = slides(model, slide, "--out", out, "--format", "csv")
            assert done.exit_code == 0, done.stderr
            again = slides(model, slide, "--out", out, "--format", "csv")
            assert "skipped" in again.stderr, again.stderr
            web.files = {path: web.files[path] for path in web.files if "/scans/" in path}
            s3.system().rm(f"{s3.address}/out", recursive=True) if s3.names("out/") else None


def test_what_is_not_there_fails_and_the_others_go_on(s3: Store, local: Path, model: Path) -> None:
    slide = s3.write("a.svs", (local / "a.svs").read_bytes())
    whole = (local / "a.svs").read_bytes()
    cut = s3.write("cut.svs", whole[: len(whole) // 2])
    gone, out = f"{s3.address}/gone.svs", f"{s3.address}/out"
    done = slides(model, gone, cut, slide, "--out", out, "--format", "csv")
    assert done.exit_code == 3
    found = {row["name"]: (row["state"], row["code"]) for row in rows(s3.read("out/summary.csv"))}
    assert found == {
        "gone.svs": ("failed", "not_found"),
        "cut.svs": ("failed", "corrupt_image"),
        "a.svs": ("done", ""),
    }
    assert f"{gone} cannot be read: there is nothing at this address" in done.stderr


def test_a_server_that_is_busy_or_gone_is_not_one_without_the_file(web: WebFiles) -> None:
    web.files["/a"] = bytes(100)
    stored = StoredObject(f"{web.address}/a")
    # Whether there is an object is asked in two ways, four times.
    web.busy = 2 * (store.TRIES - 1)
    assert stored.facts().size == 100
    web.busy = 2 * store.TRIES
    with pytest.raises(StoreError, match="HTTP 503") as busy:
        stored.facts()
    with pytest.raises(StoreError, match="ClientConnectorError") as gone:
        # Nothing listens at this port.
        StoredObject("http://127.0.0.1:9/a").facts()
    assert {busy.value.errno, gone.value.errno} == {errno.EIO}
    with pytest.raises(StoreError, match="nothing at this address") as missing:
        StoredObject(f"{web.address}/b").facts()
    assert missing.value.errno == errno.ENOENT


@pytest.mark.parametrize("knows_parts", [True, False])
def test_web_servers_give_slides_and_take_results(
    web: WebFiles, local: Path, model: Path, tmp_path: Path, *, knows_parts: bool
) -> None:
    web.knows_parts = knows_parts
    web.files["/scans/a.svs"] = (local / "a.svs").read_bytes()
    out = f"{web.address}/out"
    slide = f"{web.address}/scans/a.svs?signature=secret"
    done = slides(model, slide, "--out", out, "--format", "csv")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "cache").exists() is not knows_parts
    expected = (local / "out" / "a.svs" / "tiles.csv").read_bytes()
    assert web.files["/out/a.svs/tiles.csv"] == expected
    assert b"secret" not in b"".join(each for path, each in web.files.items() if "/out/" in path)
    assert "secret" not in done.stderr
    again = slides(model, slide, "--out", out, "--format", "csv")
    assert "skipped" in again.stderr, again.stderr
    wanted = slides(model, slide, "--out", out, "--format", "json")
    assert wanted.exit_code == 0, wanted.stderr
    assert "/out/a.svs/result.json" in web.files


def test_objects_are_asked_for_and_refused_with_their_reasons(
    web: WebFiles, tmp_path: Path
) -> None:
    web.files["/a"] = bytes(range(100))
    stored = StoredObject(f"{web.address}/a")
    assert (stored.facts().size, stored.part(10, 13)) == (100, bytes([10, 11, 12]))
    web.knows_parts = False
    assert not stored.facts().in_parts
    with pytest.raises(StoreError, match="the whole file"):
        stored.part(10, 13)
    web.knows_parts = True
    # It is shorter than it was when it was asked about.
    for come in (lambda: stored.part(90, 110), lambda: stored.fetch(tmp_path / "a", 110)):
        with pytest.raises(StoreError, match="another number of bytes"):
            come()
    stored.remove()
    assert not stored.exists()
    stored.remove()
    with pytest.raises(StoreError) as error:
        stored.content()
    assert error.value.filename == f"{web.address}/a"
