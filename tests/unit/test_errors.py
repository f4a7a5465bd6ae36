from __future__ import annotations

import inspect

import pytest

from hf_space import errors

CLASSES = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, errors.BiopsiaError)
]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_only_request_errors_speak_to_the_client(cls: type[errors.BiopsiaError]) -> None:
    error = cls("cannot read /srv/model", path="/srv/model")
    is_request_error = issubclass(cls, errors.RequestError)
    assert ("/srv" in error.client_message) is is_request_error
    assert bool(error.client_details) is is_request_error
    assert (400 <= cls.status < 500) is is_request_error
