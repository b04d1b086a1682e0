"""The rows behind the site, where Django looks for them. Others import them from the domains."""

from finetune.alerts.models import Alert, AlertChoice, Delivery, Webhook
from finetune.bases.models import BaseDownload, BaseModel
from finetune.datasets.fetching.models import DatasetFetch
from finetune.datasets.findings.models import Findings
from finetune.datasets.models import Dataset
from finetune.datasets.parts.models import Upload, UploadPart
from finetune.datasets.versions.models import DialogueDraft
from finetune.evaluation.models import Evaluation
from finetune.evaluation.votes.models import Ballot
from finetune.explorer.models import QuantumExperiment
from finetune.exports.models import Export
from finetune.hardware.models import QuantumCalibration, QuantumJob, QuantumKey
from finetune.operations.models import Announcement, Drain
from finetune.runs.models import Run, RunEvent
from finetune.runs.trial.models import Trial
from finetune.runs.use.models import RunUse
from finetune.studies.models import Study, StudyLink, StudyRun, StudyScore
from finetune.teams.audit.models import AuditEntry
from finetune.teams.models import ApiKey, Invitation, Membership, SignInLink, Submission, Team, User
from finetune.teams.quotas.models import TeamQuota

__all__ = [
    "Alert",
    "AlertChoice",
    "Announcement",
    "ApiKey",
    "AuditEntry",
    "Ballot",
    "BaseDownload",
    "BaseModel",
    "Dataset",
    "DatasetFetch",
    "Delivery",
    "DialogueDraft",
    "Drain",
    "Evaluation",
    "Export",
    "Findings",
    "Invitation",
    "Membership",
    "QuantumCalibration",
    "QuantumExperiment",
    "QuantumJob",
    "QuantumKey",
    "Run",
    "RunEvent",
    "RunUse",
    "SignInLink",
    "Study",
    "StudyLink",
    "StudyRun",
    "StudyScore",
    "Submission",
    "Team",
    "TeamQuota",
    "Trial",
    "Upload",
    "UploadPart",
    "User",
    "Webhook",
]
