"""Personal data: e-mail, phones, ids, cards, accounts, addresses, names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from finetune.datasets.findings.personal.masking import hits, masked
from finetune.datasets.findings.process.dialogue import Dialogue, excerpt
from finetune.datasets.findings.process.finding import Check, Finding, Told
from finetune.datasets.findings.process.order import Order


class PersonalData(Check):
    """Dialogues that hold some; what is shown of them is masked."""

    name = "personal_data"

    def __init__(self, order: Order, out: Path, total: int) -> None:
        super().__init__(order, out, total)
        self._kinds: Counter[str] = Counter()

    def feed(self, dialogue: Dialogue) -> None:
        kinds: dict[str, int] = {}
        shown = ""
        for message in dialogue.messages:
            found = hits(message["content"])
            for hit in found:
                kinds[hit.kind] = kinds.get(hit.kind, 0) + 1
            if found and not shown:
                # As far as the first one, everything before it masked, so that it can be shown.
                text = masked(message["content"], found)
                mask = f"[{found[0].kind}]"
                place = text.find(mask)
                shown = excerpt(text, place, place + len(mask))
        if kinds:
            self._kinds.update(kinds)
            self.point(dialogue, shown, " ".join(kinds))

    def result(self, told: Told) -> Iterable[Finding]:
        return [self.finding({"kinds": dict(self._kinds.most_common())})]
