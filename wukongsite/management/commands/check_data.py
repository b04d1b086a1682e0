"""`manage.py check_data [--mend]`: do the database and the data folder go together?"""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from wukongsite.backup.inspection import mended, problems


class Command(BaseCommand):
    help = (
        "Find folders, assistants and rows that belong to nothing. With --mend, folders are put "
        "aside (orphans-DATE in the data folder) and assistants offered again; nothing is deleted."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--mend", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(problems())
        left = 0
        for problem in found:
            why = mended(problem) if options["mend"] else "with --mend" if problem.mend else ""
            left += bool(why) or not options["mend"]
            end = f" ({why})" if why else " (mended)" if options["mend"] else ""
            self.stdout.write(problem.words + end)
        self.stdout.write(f"{len(found)} found, {left} left." if found else "All goes together.")
        if left:
            sys.exit(1)
