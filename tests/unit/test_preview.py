from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from hf_space.imaging.preprocess import preprocess
from training.cli import app
from training.data.arrays import load_patches
from training.data.prepare import prepare
from training.fitting.preview import GUTTER_PIXELS, HEAD_PIXELS, SIDE_PIXELS, labelled_sheet


def test_tiles_stand_apart_under_their_labels() -> None:
    tiles = np.zeros((2, 3, 40, 40, 3), np.uint8)
    sheet = np.asarray(labelled_sheet(tiles, ["case 1\nIDC", "case 2\nno IDC"], ["a", "b", "c"]))
    step = 40 + GUTTER_PIXELS
    assert sheet.shape == (HEAD_PIXELS + 2 * step, SIDE_PIXELS + 3 * step, 3)
    for row in range(2):
        for column in range(3):
            top, left = HEAD_PIXELS + row * step, SIDE_PIXELS + column * step
            assert (sheet[top : top + 40, left : left + 40] == 0).all()
            assert (sheet[top : top + step, left + 40 : left + step] == 255).all()
            assert (sheet[top + 40 : top + step, left : left + step] == 255).all()
            assert (sheet[:HEAD_PIXELS, left : left + 40] < 255).any(), "no label of the column"
        assert (sheet[top : top + 40, :SIDE_PIXELS] < 255).any(), "no label of the row"


def test_each_row_begins_with_the_patch_as_it_is(kaggle_tree: Path, tmp_path: Path) -> None:
    prepare(kaggle_tree, tmp_path / "data", workers=1)
    out = tmp_path / "deep" / "augmented.png"
    done = CliRunner().invoke(app, ["augment", str(tmp_path / "data"), "--preview", str(out)])
    assert done.exit_code == 0, done.output
    sheet = np.asarray(Image.open(out))
    patches = load_patches(tmp_path / "data")
    known = {
        np.round(image).astype(np.uint8).tobytes()
        for image in preprocess(np.asarray(patches.images), input_size=128)
    }
    shown = [
        sheet[top : top + 128, SIDE_PIXELS : SIDE_PIXELS + 128]
        for top in range(HEAD_PIXELS, sheet.shape[0], 128 + GUTTER_PIXELS)
    ]
    assert len(shown) == 8
    assert {image.tobytes() for image in shown} <= known
    augmented = sheet[HEAD_PIXELS : HEAD_PIXELS + 128, -128 - GUTTER_PIXELS : -GUTTER_PIXELS]
    assert augmented.tobytes() not in known


def test_other_files_than_png_are_refused(kaggle_tree: Path, tmp_path: Path) -> None:
    prepare(kaggle_tree, tmp_path / "data", workers=1)
    command = ["augment", str(tmp_path / "data"), "--preview", str(tmp_path / "sheet.txt")]
    assert "sheet.txt must end in .png" in str(CliRunner().invoke(app, command).exception)
