"""`manage.py prepare`: what `manage.py studio` does before it starts the processes."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Prepare database, files for the browser and the embedded base model; start nothing. "
        "Prints a sign-in link while nobody has signed in."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        from wukongsite.processes import setup

        setup.prepare()
        user, link = setup.administrator_make()
        if link:
            self.stdout.write(f"Sign in as {user.username} (once, within an hour): {link}")
