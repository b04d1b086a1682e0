from importlib import import_module

from django.apps import AppConfig


class FinetuneConfig(AppConfig):
    name = "finetune"
    verbose_name = "Fine-tuning"

    def ready(self) -> None:
        import_module("finetune.teams.accounts.auditors").auditors_follow()  # rights follow tables
        import_module("finetune.teams.audit.recording")  # listens for what Django does itself
        import_module("finetune.datasets.findings.services")  # they follow the first check
        import_module("finetune.alerts.recording")  # alerts listen for what becomes of runs
        import_module("finetune.datasets.versions.services")  # keeps what a version is made of
        import_module("finetune.runs.worker.waiting")  # runs listen for what becomes of data sets
        import_module("finetune.studies.advance")  # studies go on when a run of theirs ends
