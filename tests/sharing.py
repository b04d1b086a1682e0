"""How the tests are shared out between processes (pytest-xdist): by file, the longest first.

Files that use one started site or studio stay together in one process, so that it is started once.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# Folders whose tests share what a session fixture starts.
TOGETHER = ("tests/live/", "tests/api/", "tests/chat/engine/")
# What takes longest goes first, so that no process works alone at the end.
FIRST = (
    "tests/faults/",
    "tests/live/",
    "tests/finetune/training/",
    "tests/wukongsite/processes/",
    "tests/api/",
    "tests/chat/",
    "tests/test_bad_uploads.py",
)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Gives out whole files, or whole folders of `TOGETHER`, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        for folder in TOGETHER:
            if nodeid.startswith(folder):
                return folder
        return nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    missing = [name for name in (*TOGETHER, *FIRST) if not (config.rootpath / name).exists()]
    if missing:
        raise pytest.UsageError(f"tests/sharing.py names what is not there: {missing}")
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_xdist_setupnodes() -> None:
    """Each process makes a data folder of its own, rather than inherit that of this one."""
    for name in ("WUKONG_TEST_DATA_DIR", "WUKONG_ENGINE_PORT"):
        os.environ.pop(name, None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the longest files to the front; the order is stable in all processes."""
    items.sort(key=lambda item: order(item.nodeid))


def order(nodeid: str) -> int:
    return next((rank for rank, name in enumerate(FIRST) if nodeid.startswith(name)), len(FIRST))
