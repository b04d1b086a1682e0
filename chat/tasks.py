"""Periodic tasks of the chat."""

from celery import shared_task

from chat.privacy import deletion


@shared_task
def chats_sweep() -> None:
    """Delete for good what has outlived its time."""
    deletion.chats_sweep()
