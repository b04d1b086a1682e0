"""`manage.py audit_prune --older-than DAYS`: the only way in which the audit log gets shorter."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finetune.teams.audit.services import audit_prune

FEWEST_DAYS = 30


class Command(BaseCommand):
    help = "Take entries older than some days out of the audit log. That is itself an entry."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--older-than", type=int, required=True, metavar="DAYS")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["older_than"]
        if not FEWEST_DAYS <= days <= 36_500:
            raise CommandError(f"DAYS is between {FEWEST_DAYS} and 36500.")
        gone = audit_prune(days=days)
        self.stdout.write(f"{gone:,} entries older than {days} days are gone.")
