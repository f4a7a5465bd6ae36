"""Errors that the training commands explain to the user.

    TrainingError
    ├── SourceError        the patches cannot be found, opened or downloaded
    │   └── PatchReadError one patch cannot be read; the others can
    ├── DatasetError       a prepared data set, its columns or its split do not fit
    ├── RunError           a training run, its folder or its checkpoint does not fit
    │   └── DivergenceError a run computed what is no number
    ├── PublishError       what was to be published is not fit for it, or its name is taken
    └── ConfigurationError a combination of options cannot work

The command line prints the message of any of them and exits with code 2, without a traceback.
A message names the value that was wrong and, where there is one, the remedy.
"""

from __future__ import annotations


class TrainingError(Exception):
    """Base of every error that a user of `python -m training` can cause or cure."""


class SourceError(TrainingError):
    """The source of patches is missing, empty, unreadable or cannot be downloaded."""


class PatchReadError(SourceError):
    """One patch of a source cannot be read."""


class DatasetError(TrainingError):
    """A prepared data set, its columns or its split do not fit the request."""


class RunError(TrainingError):
    """A training run, its folder or its checkpoint does not fit the request."""


class DivergenceError(RunError):
    """The loss or the scores of a run are infinite or no number.

    Args:
        what: Which of them, and when.
    """

    def __init__(self, what: str) -> None:
        """Name it, and the remedy."""
        super().__init__(
            f"{what} infinite or no number: the run has diverged, start another with a lower "
            "--learning-rate or --head-learning-rate"
        )


class PublishError(TrainingError):
    """What was to be published is not fit for it, its name is taken, or the Hub refuses it."""


class ConfigurationError(TrainingError):
    """Options that are valid alone contradict each other."""
