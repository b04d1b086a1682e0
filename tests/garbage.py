"""Python's garbage collector in tests: what was there before the first of them is not looked at.

A process that has loaded all test files holds millions of objects, which stay. A full collection
would go through all of them, for a second or more, and each training in the process asks for one.
"""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect the tests without the collector, then set apart what they have loaded."""
    gc.disable()  # nearly all that is made here stays
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
