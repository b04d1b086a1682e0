"""Background tasks: each takes ids and calls a service. Queues: `train` and `default`."""

from celery import shared_task

from finetune.services import bases, checking, circuits, execution, reaping


@shared_task(acks_late=False)
def run_execute(run_id: int) -> None:
    """Carry out one run. A message that comes twice finds nothing to claim the second time."""
    execution.run_execute(run_id)


@shared_task
def dataset_check(dataset_id: int) -> None:
    """Read an uploaded file: problems, counts, split."""
    checking.dataset_check(dataset_id)


@shared_task
def datasets_recheck() -> None:
    """Queue checks again whose message or worker was lost."""
    checking.datasets_recheck()


@shared_task
def runs_reap() -> None:
    """Queue runs again whose worker or message was lost."""
    reaping.runs_reap()


@shared_task
def base_inspect(base_id: int) -> None:
    """Read a base model's shapes and publish it."""
    bases.base_inspect(base_id)


@shared_task
def circuit_draw(qubits: int, layers: int) -> None:
    """Draw a circuit for the run form."""
    circuits.circuit_draw(qubits, layers)
