"""Hearing a run's bell: the broker says that there is something new in its log, never what."""

from __future__ import annotations

import asyncio
import logging

from channels.layers import get_channel_layer

from finetune.queue import BROKER_AWAY

log = logging.getLogger(__name__)
FALLBACK_SECONDS = 3.0  # a lost bell, or a right that was taken away while nothing happens


async def bell_hear(group: str, bell: asyncio.Event) -> None:
    """Set `bell` whenever the group is told something, until cancelled. A broker that is away is
    asked again; meanwhile a reader's own clock has to do."""
    layer = get_channel_layer()
    while True:
        channel = None
        try:
            channel = await layer.new_channel()
            await layer.group_add(group, channel)
            while True:
                await layer.receive(channel)
                bell.set()
        except BROKER_AWAY:
            await asyncio.sleep(FALLBACK_SECONDS)
        finally:
            if channel is not None:
                try:
                    await layer.group_discard(group, channel)
                except BROKER_AWAY:
                    log.info("the bell of %s went with the broker", group)


async def bell_wait(bell: asyncio.Event) -> None:
    """Wait for the bell, or for a few seconds."""
    try:
        await asyncio.wait_for(bell.wait(), FALLBACK_SECONDS)
    except TimeoutError:
        pass
    bell.clear()
