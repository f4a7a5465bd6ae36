"""From a logit to a calibrated probability, and from that to a verdict."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

ModelVerdict = Literal["malignant", "benign", "uncertain"]
"""What a probability means at an operating point."""

Verdict = Literal[ModelVerdict, "not_assessable"]
"""A verdict, or that the image does not allow one."""

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


Prevalence = Annotated[float, Field(gt=0.0, lt=1.0)]
"""Share of class 1 among the patches that are analysed."""


class FrozenModel(BaseModel):
    """Base of the bundle's models: read-only, and unknown fields are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_serialization_defaults_required=True
    )


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability, float64 in 0..1, of each calibrated logit; never overflows."""
    # exp of a non-positive number only: it cannot overflow on either side.
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0.0, 1.0 / (1.0 + small), small / (1.0 + small))


def prior_shift(assumed: float, actual: float) -> float:
    """Return the shift of a calibrated logit for another prevalence of class 1.

    By Bayes' theorem the odds change as the prior odds do, provided that the patches of each class
    look alike at both prevalences (Saerens et al., Neural Computation 2002;14:21, equation 2.4).

    Args:
        assumed: Prevalence that the calibration assumes, above 0 and below 1.
        actual: The other one, above 0 and below 1.
    """
    return math.log(actual / (1.0 - actual)) - math.log(assumed / (1.0 - assumed))


class Calibration(FrozenModel):
    """Maps the network's logit to a calibrated one: ``slope * logit + intercept``.

    ``temperature`` has no intercept (Guo 2017); ``platt`` has both (Platt 1999).
    """

    method: Literal["identity", "temperature", "platt"] = "identity"
    slope: Annotated[FiniteFloat, Field(gt=0.0)] = 1.0
    intercept: FiniteFloat = 0.0

    def logit(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the calibrated logits, float64, in the shape of the input."""
        return self.slope * np.asarray(logits, dtype=np.float64) + self.intercept

    def probability(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return p(class 1), float64 in 0..1, in the shape of the input; never overflows."""
        return sigmoid(self.logit(logits))


class OperatingPoint(FrozenModel):
    """A threshold on the calibrated probability, with the band around it called uncertain."""

    threshold: Probability
    uncertain_low: Probability
    uncertain_high: Probability

    @model_validator(mode="after")
    def _ordered(self) -> OperatingPoint:
        if not self.uncertain_low <= self.threshold <= self.uncertain_high:
            raise ValueError("expected uncertain_low <= threshold <= uncertain_high")
        return self

    @property
    def band(self) -> tuple[float, float] | None:
        """The lowest and the highest probability called uncertain; None without a band."""
        if self.uncertain_low < self.uncertain_high:
            return self.uncertain_low, self.uncertain_high
        return None

    @classmethod
    def of(cls, threshold: float, band: tuple[float, float] | None) -> OperatingPoint:
        """Return the rule that a result states by its threshold and uncertain band."""
        low, high = band or (threshold, threshold)
        return cls(threshold=threshold, uncertain_low=low, uncertain_high=high)

    @classmethod
    def without_band(cls, threshold: float) -> OperatingPoint:
        """Return an operating point that never says uncertain."""
        return cls.of(threshold, None)

    def verdict(self, probability: float) -> ModelVerdict:
        """Judge one calibrated probability; both ends of the band belong to it."""
        if self.band and self.uncertain_low <= probability <= self.uncertain_high:
            return "uncertain"
        return "malignant" if probability >= self.threshold else "benign"
