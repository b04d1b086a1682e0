"""Background tasks: each takes ids and calls a service. Queues: `CELERY_TASK_ROUTES`."""

from celery import shared_task

from finetune.runs.worker import execution, reaping

from .alerts import delivering as alerts
from .bases import downloads, loading, reach
from .bases import services as bases
from .datasets import checking
from .datasets import services as datasets
from .datasets.fetching import carrying as fetches
from .datasets.findings import execution as findings
from .datasets.parts import services as parts
from .evaluation import execution as evaluations
from .explorer import services as quantum_explorer
from .exports import execution as exports
from .hardware import chips as quantum_chips
from .hardware import jobs as quantum_jobs
from .runs import drawings as circuits
from .runs.trial import execution as trials
from .runs.use import services as run_use
from .studies import advance as studies
from .studies import scoring as study_scores


@shared_task(acks_late=False)
def run_execute(run_id: int) -> None:
    """Carry out one run. A message that comes twice finds nothing to claim the second time."""
    execution.run_execute(run_id)


@shared_task
def dataset_check(dataset_id: int) -> None:
    """Read an uploaded file: problems, counts, split."""
    checking.dataset_check(dataset_id)


@shared_task
def findings_make(findings_id: int) -> None:
    """Look further into a data set that is ready."""
    findings.findings_make(findings_id)


@shared_task
def dataset_fetch(fetch_id: int) -> None:
    """Fetch a file from an address."""
    fetches.dataset_fetch(fetch_id)


@shared_task
def datasets_recheck() -> None:
    """Queue checks, of data and of base models, downloads, exports, evaluations and trials again
    whose message or worker was lost; ring for studies; delete data sets whose time is over and
    parts of uploads that nobody finished."""
    checking.datasets_recheck()
    datasets.datasets_expire()
    findings.findings_recheck()
    fetches.fetches_recheck()
    bases.bases_recheck()
    downloads.downloads_recheck()
    exports.exports_recheck()
    evaluations.evaluations_recheck()
    trials.trials_recheck()
    studies.studies_recheck()
    parts.uploads_sweep()


@shared_task
def runs_reap() -> None:
    """Queue runs again whose worker or message was lost."""
    reaping.runs_reap()


@shared_task
def base_inspect(base_id: int) -> None:
    """Read a base model's shapes and publish it."""
    bases.base_inspect(base_id)


@shared_task
def base_download(download_id: int) -> None:
    """Download a base model, or go on with it."""
    loading.base_download(download_id)


@shared_task
def hub_look() -> None:
    """See whether the model hub answers."""
    reach.hub_look()


@shared_task
def circuit_draw(adapter: str, options: str) -> None:
    """Draw a circuit for the run form."""
    circuits.circuit_draw(adapter, options)


@shared_task
def quantum_chips_read(key_id: int) -> None:
    """Read which chips a key sees, and their calibrations."""
    quantum_chips.chips_read(key_id)


@shared_task
def quantum_jobs_advance() -> None:
    """Move every open job of the ledger a step; go on with experiments that were lost."""
    quantum_jobs.jobs_advance()
    quantum_explorer.experiments_recheck()


@shared_task
def experiment_run(experiment_id: int) -> None:
    """Compute one experiment of the circuit explorer."""
    quantum_explorer.experiment_run(experiment_id)


@shared_task
def experiment_collect(experiment_id: int) -> None:
    """Work out an experiment's values when its jobs have ended."""
    quantum_explorer.experiment_collect(experiment_id)


@shared_task
def run_use_collect(run_id: int) -> None:
    """Take over what a run's job took of a quantum processor."""
    run_use.use_provider_keep(run_id)


@shared_task
def trial_run(trial_id: int) -> None:
    """Compute one step of a run that somebody thinks of."""
    trials.trial_run(trial_id)


@shared_task
def evaluation_run(evaluation_id: int) -> None:
    """Carry out one evaluation."""
    evaluations.evaluation_run(evaluation_id)


@shared_task
def export_make(export_id: int) -> None:
    """Make one export of a run."""
    exports.export_make(export_id)


@shared_task
def study_advance(study_id: int) -> None:
    """Make the next runs of a study."""
    studies.study_advance(study_id)


@shared_task
def study_score(score_id: int) -> None:
    """Score the test set with one run of a study."""
    study_scores.study_score(score_id)


@shared_task
def alert_deliver(delivery_id: int) -> None:
    """Try one delivery of an alert."""
    alerts.alert_deliver(delivery_id)


@shared_task
def alerts_recheck() -> None:
    """Queue deliveries of alerts again that are due, and those that a lost worker had claimed."""
    alerts.deliveries_recheck()
