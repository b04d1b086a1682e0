"""How long a search of one's own conversations takes among very many of them.

    python -m benchmarks.site.many_rows FOLDER
    python -m benchmarks.chat.search FOLDER

Alice's 5,000 conversations hold 28,000 messages, of which 8,000 are in one. With `DATABASE_URL` the
same on PostgreSQL. A word that stands nowhere costs most: everything is looked at.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from benchmarks.frame import studio_settings

TIMES = 7
RARE = "hedgehog"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    studio_settings(parser.parse_args().folder.resolve())
    import django

    django.setup()
    from chat.conversations.models import Message
    from chat.finding.selectors import talks_found
    from chat.finding.words import Sought
    from finetune.teams.models import User

    alice = User.objects.get(username="alice")
    print(f"{Message.objects.count():,} messages")
    oldest = Message.objects.order_by("conversation__updated_at", "pk").first()
    assert oldest is not None
    Message.objects.filter(pk=oldest.pk).update(content=f"{oldest.content} {RARE} 失眠 Ёжик")
    common = oldest.content.split()[0]
    for what, words in {
        "a common word": common,
        "two common words": " ".join(oldest.content.split()[:2]),
        "a rare word": RARE,
        "a rare Chinese word": "失眠",
        "a rare Cyrillic word": "ёжик",
        "a word that is nowhere": "xylophone",
    }.items():
        took, worked = [], []
        for _ in range(TIMES):
            began, idle = time.perf_counter(), time.process_time()
            found = talks_found(alice, Sought.read(words))
            took.append(1000 * (time.perf_counter() - began))
            worked.append(1000 * (time.process_time() - idle))
        print(
            f"{what:24} {len(found.talks):3} found {statistics.median(took):6.0f} ms, "
            f"of which this process worked {statistics.median(worked):6.0f}"
        )


if __name__ == "__main__":
    main()
