"""What a page shows of each model: of the catalogue, downloaded, or brought as a folder."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
from django.utils.functional import Promise

from quantum.processor import multiplies_bfloat16

from .catalogue.entries import ENTRIES, Entry
from .catalogue.sizes import FLOAT32, Sizes
from .models import BaseDownload, BaseModel
from .words import problem_words


@dataclass(frozen=True)
class Memory:
    """What a model needs here, and whether this machine has it."""

    chat: int
    train: int
    machine: int

    @property
    def chat_fits(self) -> bool:
        return self.chat <= self.machine

    @property
    def train_fits(self) -> bool:
        return self.train <= self.machine


@dataclass(frozen=True)
class Offer:
    """One model: its entry, its download and its base, of which at least one is there."""

    slug: str
    entry: Entry | None = None
    download: BaseDownload | None = None
    base: BaseModel | None = None

    @property
    def title(self) -> str:
        known = self.base or self.download or self.entry
        return known.title if known else self.slug

    @property
    def repository(self) -> str:
        known = self.download or self.entry
        return known.repository if known else ""

    @property
    def licence(self) -> str:
        known = self.base or self.download
        return (known.licence if known else "") or (self.entry.licence[0] if self.entry else "")

    @property
    def licence_page(self) -> str:
        return self.entry.licence[1] if self.entry else ""

    @property
    def languages(self) -> str | Promise:
        return self.entry.languages if self.entry else ""

    @property
    def note(self) -> str | Promise:
        return (self.base.note if self.base else "") or (self.entry.note if self.entry else "")

    @property
    def sizes(self) -> Sizes | None:
        own = self.base.memory if self.base else None
        return own or (self.entry.sizes if self.entry else None)

    @property
    def parameters(self) -> int:
        return (self.base.parameters if self.base else 0) or (
            self.sizes.parameters if self.sizes else 0
        )

    @property
    def positions(self) -> int:
        return (self.base.max_positions if self.base else 0) or (
            self.entry.positions if self.entry else 0
        )

    @property
    def memory(self) -> Memory | None:
        if self.sizes is None:
            return None
        return Memory(
            self.sizes.chat_bytes(chat_number()), self.sizes.train_bytes(), machine_memory()
        )

    @property
    def bytes(self) -> int:
        """What is fetched: by the hub's list once it is known, before that about."""
        if self.download and self.download.total:
            return self.download.total
        return self.entry.bytes if self.entry else 0

    @property
    def revision(self) -> str:
        known = self.download or self.base
        return known.revision if known else ""

    @property
    def accepts(self) -> bool:
        """Whether somebody here has still to accept its licence."""
        asks = bool(self.entry and self.entry.asks)
        if self.download:
            asks = (asks and not self.download.accepted_at) or self.download.code == "accept"
        return asks

    @property
    def problem(self) -> str:
        if self.base and self.base.state == BaseModel.State.FAILED:
            return self.base.problem
        failed = self.download and self.download.state == BaseDownload.State.FAILED
        return problem_words(self.download) if self.download and failed else ""

    @property
    def begun(self) -> bool:
        """Whether some of it is here and more is to come."""
        return bool(self.download and not self.base and self.download.done)


def chat_number() -> int:
    """Bytes of a number while the engine chats, as `chat.engine.inference.precision` chooses."""
    return 2 if multiplies_bfloat16() else FLOAT32


def machine_memory() -> int:
    return int(psutil.virtual_memory().total)


def offers() -> tuple[list[Offer], list[Offer]]:
    """Models that are here (ready or being read), and those that can be had, in their orders."""
    bases = {base.slug: base for base in BaseModel.objects.all()}
    downloads = {one.slug: one for one in BaseDownload.objects.order_by("created_at")}
    here = [
        Offer(slug, ENTRIES.get(slug), downloads.get(slug), base) for slug, base in bases.items()
    ]
    listed = [*ENTRIES, *(slug for slug in downloads if slug not in ENTRIES)]
    more = [Offer(slug, ENTRIES.get(slug), downloads.get(slug)) for slug in listed]
    return here, [offer for offer in more if offer.slug not in bases]
