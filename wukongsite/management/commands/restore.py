"""`manage.py restore FILE`: a site as a backup has it, in this data folder and database."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from finetune.teams.audit.services import audit_write
from finetune.teams.models import User
from wukongsite.backup.restoring import backup_read
from wukongsite.processes.lock import StudioRunning, studio_lock


class Command(BaseCommand):
    help = "Bring a backup back. The studio must not run; what is here is put aside, not deleted."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace",
            action="store_true",
            help="even if a site is here: its files are put aside, a PostgreSQL database is "
            "overwritten",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            studio_lock(settings.DATA_DIR, settings.SITE_URL)
        except StudioRunning:
            words = "The studio is running on this data folder. Stop it first."
            raise CommandError(words) from None
        if not options["replace"] and site_is_here():
            raise CommandError(
                f"There is a site in {settings.DATA_DIR} already. With --replace the backup takes "
                "its place."
            )
        aside = backup_read(options["file"].absolute())
        audit_write("backup.restored", name=options["file"].name)
        self.stdout.write("Restored. `make run` starts it; `manage.py check_data` looks it over.")
        if aside:
            self.stdout.write(f"What was here lies in {aside}.")


def site_is_here() -> bool:
    return User._meta.db_table in connection.introspection.table_names() and User.objects.exists()
