"""The processes of one run, one for each device: what they agree on, add up and wait for.

A run on one device is a group of one, in which nothing of this does anything. What is agreed on
goes from processor to processor (gloo), gradients from GPU to GPU (NCCL), both within one machine.
Knows nothing of models or of the training loop.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from finetune.training.config import RunConfig
from finetune.training.exceptions import BadConfig

from .count import cpu_devices, devices_missing
from .sharding import in_forward

T = TypeVar("T")
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"


@dataclass(frozen=True)
class Group:
    """One process among those of its run.

    Attributes:
        rank: its number, from 0. The first one writes: the log, checkpoints, the adapter.
        count: how many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        """Whether there is no other."""
        return self.count == 1

    def agreed(self, decide: Callable[[], T]) -> T:
        """Return what the first process decides; the others do not decide, and wait for it."""
        if self.alone:
            return decide()
        answer: list[Any] = [decide() if self.first else None]
        distributed.broadcast_object_list(answer, src=0)
        decided: T = answer[0]
        return decided

    def summed(self, *numbers: float) -> tuple[float, ...]:
        """Return the sums of all processes' numbers, the same in each of them."""
        if self.alone:
            return numbers
        total = torch.tensor(numbers, dtype=torch.float64)
        distributed.all_reduce(total)
        return tuple(total.tolist())

    def average(self, tensors: Iterable[torch.Tensor]) -> None:
        """Put the mean of all processes' tensors into each of them, as many and as large ones."""
        own = list(tensors)
        flat = torch.cat([tensor.flatten() for tensor in own])
        distributed.all_reduce(flat)
        parts = torch.split(flat / self.count, [tensor.numel() for tensor in own])
        for tensor, mean in zip(own, parts, strict=True):
            tensor.copy_(mean.view_as(tensor))

    def wait(self) -> None:
        """Wait until all have come this far."""
        self.summed(0.0)


ALONE = Group()


def take_devices(config: RunConfig) -> None:
    """See that there are as many devices as a run wants; a run on one takes the first GPU.

    Else Trainer would spread a run on one device over all GPUs, with other batches.

    Raises:
        BadConfig: there are not so many.
    """
    if config.devices == 1:
        if visible := os.environ.get("CUDA_VISIBLE_DEVICES", "0"):
            os.environ["CUDA_VISIBLE_DEVICES"] = visible.split(",")[0]
        return
    there = torch.cuda.device_count() if torch.cuda.is_available() else cpu_devices()
    if problem := devices_missing(config.devices, there):
        raise BadConfig(problem)


@contextmanager
def joined(meeting: Path, rank: int, count: int) -> Iterator[Group]:
    """Join the other processes of a run; accelerate finds the group, and takes it.

    Args:
        meeting: a file that only this start of the run knows, through which they find each other.
        rank: this process's number.
        count: how many there are.
    """
    before = dict(os.environ)
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank))
    os.environ.update(WORLD_SIZE=str(count), LOCAL_WORLD_SIZE=str(count))
    for library in ("GLOO", "NCCL"):
        os.environ.setdefault(f"{library}_SOCKET_IFNAME", LOOPBACK)
    # Where it is not set, accelerate sets torch's threads, which the run's folder has chosen.
    os.environ.setdefault("OMP_NUM_THREADS", str(torch.get_num_threads()))
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(rank)
        backend = "cpu:gloo,cuda:nccl"
    store = distributed.FileStore(str(meeting), count)  # type: ignore[attr-defined]
    distributed.init_process_group(backend, store=store, rank=rank, world_size=count)
    try:
        yield Group(rank, count)
        distributed.destroy_process_group()  # not after an error: it might wait for the dead
    finally:
        os.environ.clear()
        os.environ.update(before)


def through(wrapped: nn.Module, model: nn.Module, compute: Callable[[], T]) -> T:
    """Compute with a model as its wrapper's forward pass, so that gradients are shared.

    DistributedDataParallel hears of a computation only where it goes through its own `forward`;
    ours asks the decoder and the output layer one after the other.

    Args:
        wrapped: what learns: the model, or its wrapper.
        model: the model.
        compute: computes with the model.
    """
    if not isinstance(wrapped, DistributedDataParallel):
        return compute()
    return in_forward(wrapped, model, compute)
