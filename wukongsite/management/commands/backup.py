"""`manage.py backup FILE`: the whole site in one file, while it runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from finetune.teams.audit.services import audit_write
from wukongsite.backup.saving import backup_write


class Command(BaseCommand):
    help = (
        "Write database, data sets, runs, assistants and secrets into one file (.tar or .tar.gz), "
        "while the site runs. Keep it where only you can read it."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--without-bases",
            action="store_true",
            help="leave base models out: they are downloaded again after a restore",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        written = backup_write(options["file"], bases=not options["without_bases"])
        audit_write("backup.made", name=options["file"].name)
        words = f"{len(written.files):,} files, {written.bytes / 1e6:,.1f} MB: {options['file']}"
        self.stdout.write(words)
        if written.gone:
            self.stdout.write(f"{len(written.gone):,} files were deleted meanwhile.")
