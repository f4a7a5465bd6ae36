"""Commands of `python -m training` in a process of their own, on a VGG16 an eighth as wide.

What a run does, and how it goes on after it was killed, is the same with every network; the whole
VGG16 only takes longer, and half a gigabyte of disk a run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from training import cli

ROOT = Path(__file__).parents[1]
_SHARE = 8
_WIDE = keras.applications.VGG16


def run(*commands: Sequence[str | Path], cwd: Path = ROOT) -> None:
    """Run commands one after another in one process, which imports TensorFlow once."""
    done = _run(commands, steps=None, cwd=cwd)
    assert done.returncode == 0, done.stderr


def run_killed(*command: str | Path, after_steps: int) -> None:
    """Run a command that is killed when it has learned so many steps and begins another."""
    done = _run([command], steps=after_steps)
    assert done.returncode == -signal.SIGKILL, done.stderr


def _run(
    commands: Sequence[Sequence[str | Path]], steps: int | None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    asked = json.dumps([[str(word) for word in command] for command in commands])
    program = [sys.executable, "-m", "tests.narrow_training", asked, json.dumps(steps)]
    return subprocess.run(  # noqa: S603
        program,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def narrow_vgg16() -> None:
    """Let Keras build VGG16 an eighth as wide from now on."""
    keras.applications.VGG16 = _narrow


def write_weights(path: Path) -> None:
    """Write random weights of the narrow network, for runs to start from as from learned ones."""
    keras.utils.set_random_seed(0)
    _narrow(include_top=False, weights=None, input_shape=(32, 32, 3)).save_weights(path)


def _narrow(**options: Any) -> keras.Model:
    return keras.models.clone_model(_WIDE(**options), clone_function=_narrower)


def _narrower(layer: keras.layers.Layer) -> keras.layers.Layer:
    facts = layer.get_config()
    if isinstance(layer, keras.layers.Conv2D):
        facts["filters"] //= _SHARE
    return type(layer).from_config(facts)


def _kill_after(steps: int) -> None:
    learn, left = keras.Model.train_on_batch, steps

    def learn_or_die(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return learn(*arguments, **options)

    keras.Model.train_on_batch = learn_or_die


def _main() -> None:
    commands, steps = map(json.loads, sys.argv[1:])
    narrow_vgg16()
    if steps is not None:
        _kill_after(steps)
    for command in commands:
        cli.app(command, standalone_mode=False)


if __name__ == "__main__":
    _main()
