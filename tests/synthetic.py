"""Small patches that look like H&E at 4 microns per pixel, and trees of them in Kaggle's layout.

Light passing through stained tissue follows Beer-Lambert's law, so a patch is drawn as two fields
of stain, haematoxylin in nuclei and eosin in stroma, and turned into RGB with typical absorption
vectors (Macenko et al., ISBI 2009). At this scale a nucleus is two to four pixels wide. Tumour has
nests of many large, uneven nuclei; other tissue has few small ones between fibres and fat.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]

SIZE = 50
HAEMATOXYLIN = np.array([0.563, 0.720, 0.406])
EOSIN = np.array([0.216, 0.801, 0.558])
EDGE_WIDTH = 31
"""Width in pixels of the narrow patch that ends every written case at the slide's right edge."""


def _fibres(rng: np.random.Generator) -> Field:
    """Draw wavy stroma, 0 to 1: noise smeared along one direction."""
    noise = cv2.GaussianBlur(rng.standard_normal((2 * SIZE, 2 * SIZE)), (0, 0), 6.0, sigmaY=1.2)
    turn = cv2.getRotationMatrix2D((SIZE, SIZE), float(rng.uniform(0, 180)), 1.0)
    turned = np.asarray(cv2.warpAffine(noise, turn, (2 * SIZE, 2 * SIZE)), dtype=np.float64)
    middle = turned[SIZE // 2 : -SIZE // 2, SIZE // 2 : -SIZE // 2]
    scaled: Field = np.clip(0.5 + 0.2 * (middle - middle.mean()) / middle.std(), 0, 1)
    return scaled


def _ellipses(rng: np.random.Generator, centres: Field, radii: tuple[float, float]) -> Field:
    """Draw soft ellipses, 0 to 1, around centres of shape (n, 2) in x and y pixels."""
    y, x = np.mgrid[:SIZE, :SIZE]
    count = len(centres)
    turn = rng.uniform(0, np.pi, (count, 1, 1))
    radius = rng.uniform(*radii, (count, 1, 1))
    stretch = rng.uniform(1.0, 1.5, (count, 1, 1))
    dx, dy = x - centres[:, 0, None, None], y - centres[:, 1, None, None]
    along = dx * np.cos(turn) + dy * np.sin(turn)
    across = dy * np.cos(turn) - dx * np.sin(turn)
    # The edge fades over one pixel, as in a scan reduced sixteen times.
    inside = np.clip(0.5 + radius - np.hypot(along / stretch, across), 0, 1)
    depth = rng.uniform(0.7, 1.0, (count, 1, 1))
    return np.asarray((inside * depth).max(axis=0, initial=0.0))


def _nests(rng: np.random.Generator) -> Field:
    """Place the nuclei of a tumour in a few crowded groups; centres (n, 2)."""
    groups = rng.uniform(5, SIZE - 5, (int(rng.integers(3, 6)), 2))
    return np.concatenate([rng.normal(group, 6.5, (45, 2)) for group in groups])


def draw_patch(rng: np.random.Generator, *, label: int, stain: float = 1.0) -> NDArray[np.uint8]:
    """Draw one patch, RGB, shape (50, 50, 3), uint8; `stain` scales both dyes."""
    eosin = 0.25 + 0.5 * _fibres(rng)
    if label:
        nuclei = _ellipses(rng, _nests(rng), (1.3, 2.3))
        eosin *= 1 - 0.4 * cv2.GaussianBlur(nuclei, (0, 0), 2.0)
        fat = np.zeros((SIZE, SIZE))
    else:
        nuclei = _ellipses(rng, rng.uniform(0, SIZE, (int(rng.integers(6, 18)), 2)), (0.8, 1.3))
        droplets = rng.uniform(0, SIZE, (int(rng.integers(0, 7)), 2))
        fat = _ellipses(rng, droplets, (5.0, 9.0)) ** 0.2
    tissue = 1 - fat
    density = np.multiply.outer(1.3 * nuclei * tissue, HAEMATOXYLIN)
    density += np.multiply.outer(eosin * tissue, EOSIN)
    light = 243 * np.exp(-stain * density) + rng.normal(0, 2.5, (SIZE, SIZE, 3))
    patch: NDArray[np.uint8] = np.clip(np.rint(light), 0, 255).astype(np.uint8)
    return patch


def make_patches(
    patches_per_class: int, *, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw patches (2 n, 50, 50, 3) and their labels (2 n,), first all without tumour."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.array([0, 1]), patches_per_class)
    return np.stack([draw_patch(rng, label=int(label)) for label in labels]), labels


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Encode RGB as PNG without loss."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def patch_name(case_id: str, x: int, y: int, label: int) -> str:
    """Name a patch as Kaggle's archive does."""
    return f"{case_id}_idx5_x{x}_y{y}_class{label}.png"


def write_patch(
    root: Path, case_id: str, x: int, y: int, label: int, image: NDArray[np.uint8]
) -> Path:
    """Write one patch at its place `<case>/<class>/<name>` under the root."""
    path = root / case_id / str(label) / patch_name(case_id, x, y, label)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(image))
    return path


def write_kaggle_tree(
    root: Path, cases: Iterable[str], patches_per_class: int, *, seed: int = 0
) -> list[Path]:
    """Write cases of 2 n patches each; the slide's last column is narrower than a patch.

    The patches of a case lie on a 50-pixel grid, three to a row, and share a stain strength, as
    the patches of one slide do. Each case depends on the seed and its own id only. The last patch
    of a case, with label 1, has 31x50 pixels.

    Args:
        root: Folder to write into.
        cases: Case ids.
        patches_per_class: Patches of each class in each case, n.
        seed: Seed of all randomness.

    Returns:
        Written files, in the order of cases and labels.
    """
    paths = []
    for case_id in cases:
        rng = np.random.default_rng([seed, zlib.crc32(case_id.encode())])
        stain = float(rng.uniform(0.8, 1.25))
        for index in range(2 * patches_per_class):
            label = int(index >= patches_per_class)
            image = draw_patch(rng, label=label, stain=stain)
            if index == 2 * patches_per_class - 1:
                image = image[:, :EDGE_WIDTH]
            x, y = 1 + SIZE * (index % 3), 1 + SIZE * (index // 3)
            paths.append(write_patch(root, case_id, x, y, label, image))
    return paths


def zip_tree(root: Path, archive: Path, *, prefix: str = "") -> Path:
    """Pack all files under a folder into a zip, each name behind the prefix."""
    with zipfile.ZipFile(archive, "a") as file:
        for path in sorted(root.rglob("*.png")):
            file.write(path, prefix + path.relative_to(root).as_posix())
    return archive
