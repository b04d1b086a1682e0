"""Background tasks of the chat: each takes ids and calls a service."""

from celery import shared_task

from chat.privacy import deletion
from chat.reviews.probing import services as probing


@shared_task
def chats_sweep() -> None:
    """Delete for good what has outlived its time."""
    deletion.chats_sweep()


@shared_task
def probes_run(probe_run_id: int) -> None:
    """Ask an assistant all probes."""
    probing.probes_run(probe_run_id)


@shared_task
def probes_recheck() -> None:
    """Queue probings again whose message, worker or engine was lost."""
    probing.probes_recheck()
