"""The console's pages, for Django, which looks for them here; each domain has its own."""

from finetune.alerts import admin as alerts
from finetune.bases import admin as bases
from finetune.datasets import admin as datasets
from finetune.datasets.fetching import admin as fetching
from finetune.evaluation import admin as evaluation
from finetune.explorer import admin as explorer
from finetune.exports import admin as exports
from finetune.hardware import admin as hardware
from finetune.operations import admin as operations
from finetune.runs import admin as runs
from finetune.runs.use import admin as use
from finetune.studies import admin as studies
from finetune.teams import admin as teams
from finetune.teams.accounts import admin as accounts
from finetune.teams.audit import admin as audit
from finetune.teams.keys import admin as keys

__all__ = [
    "accounts",
    "alerts",
    "audit",
    "bases",
    "datasets",
    "evaluation",
    "explorer",
    "exports",
    "fetching",
    "hardware",
    "keys",
    "operations",
    "runs",
    "studies",
    "teams",
    "use",
]
