from __future__ import annotations

import numpy as np
import pytest

from training.data.case_weights import parse_case_weights, sampling_weights
from training.errors import ConfigurationError


def test_a_case_and_a_class_of_a_case_are_read() -> None:
    assert parse_case_weights(["8864=0.1", "8917:1=2e-1", "9:0=3"]) == {
        "8864": 0.1,
        "8917:1": 0.2,
        "9:0": 3.0,
    }


def test_no_option_is_an_empty_table() -> None:
    assert parse_case_weights([]) == {}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["8864"], "no weight"),
        (["8864="], "an empty weight"),
        (["=0.1"], "no case"),
        (["8864=heavy"], "no number"),
        (["8864=0"], "a weight of nothing"),
        (["8864=-1"], "a negative weight"),
        (["8864=nan"], "not a number"),
        (["8864=inf"], "infinite"),
        (["8864:2=0.1"], "no such class"),
        (["8864=0.1", "8864=0.2"], "the same case twice"),
    ],
)
def test_a_bad_weight_is_explained(options: list[str], why: str) -> None:
    with pytest.raises(ConfigurationError, match="8864|=0.1"):
        pytest.fail(f"accepted {why}: {parse_case_weights(options)}")


def test_patches_weigh_as_their_class_then_their_case_then_one() -> None:
    weights = sampling_weights(
        ["1", "1", "2", "2", "3"], [0, 1, 0, 1, 1], {"1:1": 0.5, "1": 0.1, "2:0": 4.0, "absent": 9}
    )
    np.testing.assert_array_equal(weights, [0.1, 0.5, 4.0, 1.0, 1.0])


def test_a_case_is_not_mistaken_for_one_with_a_longer_name() -> None:
    weights = sampling_weights(np.array(["88", "8864"]), np.array([0, 0]), {"88": 0.5})
    np.testing.assert_array_equal(weights, [0.5, 1.0])
