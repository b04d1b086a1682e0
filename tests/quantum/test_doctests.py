"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import quantum

MODULES = [info.name for info in pkgutil.walk_packages(quantum.__path__, "quantum.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    assert module.__doc__
    assert doctest.testmod(module).failed == 0
