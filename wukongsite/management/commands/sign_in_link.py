"""`manage.py sign_in_link [USERNAME]`: a one-time link for somebody who cannot sign in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finetune.teams.models import User
from finetune.teams.services import sign_in_link_create


class Command(BaseCommand):
    help = "Print a link that signs one person in once, within an hour."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", nargs="?", default="admin")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account named {options['username']!r}.")
        self.stdout.write(sign_in_link_create(user=user))
