"""Small requests with high cost are refused or limited, while others are still answered."""

from __future__ import annotations

import io
import socket
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx2
import pytest
from PIL import Image

from hf_space.access.visitor import new_token
from hf_space.api.dependencies import MOST_SMALL_BODY_BYTES
from hf_space.api.middleware.identify import VISITOR_HEADER
from hf_space.settings import MAX_UPLOAD_BYTES
from tests.bundle_factory import encode, plain_image, write_bundle
from tests.hostile import png_chunk, png_of_size
from tests.server import NO_RATE_LIMIT, RunningServer, fresh_server

PATCH = encode(plain_image(200, 120, 190))
# Memory of pixels in progress; the rest of the process, with its caches, is measured.
BUDGET = 64 << 20
ELSE = 96 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    bundle = write_bundle(tmp_path_factory.mktemp("bundle") / "model")
    with fresh_server(
        BIOPSIA_MODEL_DIR=str(bundle),
        BIOPSIA_IMAGE_MEMORY_BYTES=str(BUDGET),
        **NO_RATE_LIMIT,
        BIOPSIA_TRUSTED_PROXY_HOPS="1",
    ) as server:
        predict(server, PATCH)
        yield server


def predict(
    server: RunningServer, image: bytes, path: str = "/predict/", **headers: str
) -> httpx2.Response:
    files = {"file": ("a.png", image)}
    form = {"save": "false", "explain": "false"}
    url = f"{server.url}{path}"
    return httpx2.post(url, files=files, data=form, headers=headers, timeout=60)


def preview(server: RunningServer, image: bytes) -> httpx2.Response:
    return httpx2.post(f"{server.url}/preview/", files={"file": ("a.png", image)}, timeout=60)


def peak(server: RunningServer) -> int:
    """Return the most memory that the process has had, in bytes."""
    with open(f"/proc/{server.process.pid}/status") as status:  # noqa: PTH123 -- no file
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def webp_of_49_megapixels() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (7000, 7000), (200, 120, 190)).save(file, "WEBP", lossless=True)
    return file.getvalue()


def deflated_png(side: int) -> bytes:
    """Return a PNG whose pixels are all there, and all the same."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    row = zlib.compress(bytes((3 * side + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", row) + png_chunk(b"IEND", b"")


def apng(side: int) -> bytes:
    """Return an animation of two pictures, the second of which is a dot."""
    first, second = (b"\0\0\0\0", (side, side)), (b"\0\0\0\1", (1, 1))
    controls = [
        png_chunk(b"fcTL", number + struct.pack(">IIIIHHBB", *size, 0, 0, 1, 1, 1, 0))
        for number, size in (first, second)
    ]
    png = deflated_png(side)
    pixels = png.index(b"IDAT") - 4
    dot = png_chunk(b"fdAT", b"\0\0\0\2" + zlib.compress(bytes(4)))
    start = png_chunk(b"acTL", struct.pack(">II", 2, 0)) + controls[0]
    return png[:pixels] + start + png[pixels:-12] + controls[1] + dot + png[-12:]


def gif(side: int, *, frames: int) -> bytes:
    """Return a GIF that is to be cleared after it was shown."""
    file = io.BytesIO()
    pictures = [Image.new("L", (side, side), 200)] * frames
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:], disposal=2)
    # Pillow leaves out a second picture that equals the first.
    if frames > 1:
        return file.getvalue()[:-1] + struct.pack("<BHHHHB", 44, 0, 0, 1, 1, 0) + b"\2\2D\1\0;"
    return file.getvalue()


def tiff_of_size(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (side, side), 200).save(file, "TIFF", compression="tiff_lzw")
    return file.getvalue()


def zip_bomb(method: int, stated: int | None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a.png", bytes(64 << 20))
        if stated is not None:
            archive.filelist[0].file_size = stated
    return file.getvalue()


def png_with_texts(side: int) -> bytes:
    """Return a PNG of a few kilobytes whose texts unpack to 60 MB."""
    png = deflated_png(side)
    pixels = png.index(b"IDAT") - 4
    text = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000), 9))
    return png[:pixels] + text * 60 + png[pixels:]


BOMBS: dict[str, Callable[[], bytes]] = {
    "webp": webp_of_49_megapixels,
    "png": lambda: deflated_png(7000),
    "png that declares": lambda: png_of_size(60_000, 60_000),
    "tiff": lambda: tiff_of_size(7000),
    "apng": lambda: apng(7000),
    "gif": lambda: gif(7000, frames=1),
    "gif of two pictures": lambda: gif(7000, frames=2),
}
REFUSALS = {(413, "too_many_pixels"), (422, "animated_image"), (503, "busy")}


@pytest.mark.parametrize("name", BOMBS)
def test_an_image_beyond_the_memory_is_not_decoded(name: str, server: RunningServer) -> None:
    bomb, before = BOMBS[name](), peak(server)
    answer = predict(server, bomb)
    assert (answer.status_code, answer.json()["error"]["code"]) in REFUSALS
    assert peak(server) - before < ELSE // 2
    assert predict(server, PATCH).status_code == 200


@pytest.mark.parametrize("name", ["webp", "apng", "gif", "gif of two pictures"])
def test_nor_are_many_at_once(name: str, server: RunningServer) -> None:
    bomb, before = BOMBS[name](), peak(server)
    # Equal ones would be read once for all callers.
    bombs = [bomb + bytes([number]) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: predict(server, each), bombs))
    codes = {(answer.status_code, answer.json()["error"]["code"]) for answer in answers}
    assert codes <= REFUSALS
    assert peak(server) - before < ELSE // 2


def test_previews_are_drawn_within_the_memory_of_images(server: RunningServer) -> None:
    bombs = [make() for make in BOMBS.values()]
    side = 1700
    fitting = [encode(plain_image(200, 120, n, width=side, height=side)) for n in range(4)]
    before = peak(server)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: preview(server, each), bombs))
        refused = {(answer.status_code, answer.json()["error"]["code"]) for answer in answers}
        assert refused <= REFUSALS
        assert peak(server) - before < ELSE // 2
        drawn = list(pool.map(lambda each: preview(server, each), fitting))
    assert {answer.status_code for answer in drawn} == {200}
    assert peak(server) - before < BUDGET + ELSE


def test_made_up_tokens_leave_room_to_who_comes_from_elsewhere(server: RunningServer) -> None:
    side = 1200
    images = [encode(plain_image(190, 120, n, width=side, height=side)) for n in range(30)]

    def attack(image: bytes) -> int:
        named = {VISITOR_HEADER: new_token(), "X-Forwarded-For": "198.51.100.1"}
        return predict(server, image, **named).status_code

    with ThreadPoolExecutor(24) as pool:
        attacks = [pool.submit(attack, image) for image in images[:24]]
        honest = [
            predict(server, image, **{"X-Forwarded-For": "203.0.113.7"}).status_code
            for image in images[24:]
        ]
        statuses = {each.result() for each in attacks}
    # More arrived at once than may wait.
    assert statuses == {200, 503}
    assert set(honest) == {200}


@pytest.mark.parametrize("method", ["STORED", "DEFLATED", "BZIP2", "LZMA"])
@pytest.mark.parametrize("stated", [None, 10])
def test_a_zip_unpacks_to_no_more_than_one_image(
    method: str, stated: int | None, server: RunningServer
) -> None:
    bomb = zip_bomb(getattr(zipfile, f"ZIP_{method}"), stated)
    before = peak(server)
    answer = predict(server, bomb, "/predict/batch/")
    assert answer.status_code in {200, 413}
    error = answer.json()["error"]
    assert error["code"] in {"payload_too_large", "invalid_archive", "unsupported_image"}
    assert peak(server) - before < ELSE
    assert predict(server, PATCH).status_code == 200


def test_many_zips_share_the_memory_of_files(server: RunningServer) -> None:
    def unpacking(number: int) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry in range(9):
                archive.writestr(f"{entry}.bmp", bytes([number, entry]) + bytes(20_000_000))
        return file.getvalue()

    zips, before = [unpacking(number) for number in range(6)], peak(server)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda each: predict(server, each, "/predict/batch/"), zips))
    lines = [line for answer in answers for line in answer.text.splitlines()]
    assert len(lines) == 54
    assert all('"unsupported_image"' in line for line in lines)
    # As many bytes as one of the largest batches; unpacked on their own they were a gigabyte.
    assert peak(server) - before < (200 << 20) + ELSE


def test_results_that_are_sent_back_share_the_memory_of_images(server: RunningServer) -> None:
    limit = BUDGET // 64
    bodies = [b"[" + b"{}," * size + b"1]" for size in (limit // 3 - 1000, limit)]

    def export(body: bytes) -> tuple[int, str]:
        answer = httpx2.post(f"{server.url}/export.csv", content=body, timeout=60)
        return answer.status_code, answer.json()["error"]["code"]

    before = peak(server)
    assert export(bodies[1]) == (413, "payload_too_large")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(export, bodies[:1] * 8))
    assert set(answers) <= {(422, "invalid_options"), (503, "busy")}
    assert (422, "invalid_options") in answers
    assert peak(server) - before < BUDGET + ELSE // 2


def test_texts_of_a_png_are_not_unpacked(server: RunningServer) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(24):
            archive.writestr(f"{number}.png", png_with_texts(1200 + number))
    before = peak(server)
    assert predict(server, png_with_texts(50)).status_code == 200
    answer = predict(server, file.getvalue(), "/predict/batch/")
    assert len(answer.text.splitlines()) == 24
    # Each would be 60 MB, beside its pixels.
    assert peak(server) - before < BUDGET + ELSE // 2


def hostile_json(size: int) -> bytes:
    """Return JSON of a size in bytes that takes 60 times as much once it is parsed."""
    head = b'{"image":['
    return head + b"{}," * ((size - len(head) - 4) // 3) + b"{}]}"


def largest_body(path: str, media_type: str) -> bytes:
    """Return the largest body that a route reads."""
    image = MAX_UPLOAD_BYTES
    if media_type == "application/json":
        largest = {"/predict/": image * 4 // 3, "/export.csv": BUDGET // 64}
        return hostile_json(largest.get(path, MOST_SMALL_BODY_BYTES))
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="%d.png"\r\n\r\n'
    # A batch has others in `test_many_zips_share_the_memory_of_files`.
    files = [part % number + bytes(image // 4) + b"\r\n" for number in range(4)]
    return b"".join(files if "batch" in path else [part % 0, bytes(image), b"\r\n"]) + b"--b--\r\n"


def test_the_largest_body_of_every_route_stays_within_the_memory(server: RunningServer) -> None:
    paths = httpx2.get(f"{server.url}/openapi.json").json()["paths"]
    asked = {}
    for path, methods in paths.items():
        for method, route in methods.items():
            for media_type in route.get("requestBody", {}).get("content", {}):
                there = path.format(id=uuid4(), suffix="csv")
                body, before = largest_body(there, media_type), peak(server)
                headers = {"Content-Type": f"{media_type}; boundary=b"}
                answer = httpx2.request(
                    method, f"{server.url}{there}", content=body, headers=headers, timeout=60
                )
                asked[path, media_type] = answer.status_code
                # The body arrives in pieces, which are then joined.
                assert peak(server) - before < 2 * len(body) + ELSE // 2, there
    assert len(asked) == 8
    assert set(asked.values()) <= {200, 413, 415, 422}


def test_calls_of_every_function_take_little_and_leave_nothing(server: RunningServer) -> None:
    with httpx2.Client(base_url=server.url, timeout=60) as client:
        functions = client.get("/config").json()["dependencies"]
        numbers = [each["id"] for each in functions if each["backend_fn"]]
        before = peak(server)
        for number in numbers:
            head = b'{"session_hash":"s","fn_index":%d,"data":[' % number
            for values, size in ((330_000, 0), (499, 0), (499, 30_000), (8000, 900_000)):
                body = head + b"{}," * values + b'"' + b"x" * size + b'"]}'
                answer = client.post(
                    "/gradio_api/queue/join",
                    content=body,
                    headers={"Content-Type": "application/json"},
                )
                assert answer.status_code in {200, 400, 413, 503}
    # A megabyte of empty objects becomes 60, for each of fifty functions.
    assert peak(server) - before < ELSE
    assert predict(server, PATCH).status_code == 200


def test_a_form_of_very_many_fields_is_refused(server: RunningServer) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n'
    body = part * 200_000 + b"--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    before = peak(server)
    for path in ("/predict/", "/predict/batch/", "/gradio_api/upload"):
        answer = httpx2.post(f"{server.url}{path}", content=body, headers=headers, timeout=60)
        assert answer.status_code in {400, 413}
    assert peak(server) - before < ELSE
    assert predict(server, PATCH).status_code == 200


def test_slow_bodies_hold_nobody_up(server: RunningServer) -> None:
    head = (
        b"POST /predict/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    )
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
    try:
        for connection in slow:
            connection.sendall(head)
        assert predict(server, PATCH).json()["kind"] == "patch"
        assert httpx2.get(f"{server.url}/health/").status_code == 200
    finally:
        for connection in slow:
            connection.close()


def test_images_that_fit_stay_within_the_memory_together(server: RunningServer) -> None:
    side = 1700
    images = [encode(plain_image(200, 120, 190 + n, width=side, height=side)) for n in range(4)]
    before = peak(server)
    with ThreadPoolExecutor(5) as pool:
        large = [pool.submit(predict, server, image) for image in images]
        assert predict(server, PATCH).status_code == 200
        answers = [each.result() for each in large]
    assert [answer.json()["kind"] for answer in answers] == ["region"] * 4
    assert peak(server) - before < BUDGET + ELSE
