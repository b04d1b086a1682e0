"""Whether lm-evaluation-harness is installed here. It is looked for and not loaded."""

from __future__ import annotations

import importlib.util

PACKAGE = "lm_eval"


def harness_missing() -> bool:
    return importlib.util.find_spec(PACKAGE) is None
