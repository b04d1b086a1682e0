"""`manage.py studio`: starts the studio; behind it, subcommands for data, runs and talks."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from wukongsite.commandline.parsing import subcommands_add


class Command(BaseCommand):
    help = (
        "Without a subcommand: prepare the data folder and run all processes until Ctrl-C. With "
        "one: work with data sets, runs and assistants of this studio."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--no-demo", action="store_true", help="Do not queue the demo run on the first start."
        )
        subcommands_add(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("does") is None:
            from wukongsite.processes.starting import studio_start

            studio_start(demo=not options["no_demo"], errors=self.stderr)
            return
        from wukongsite.commandline.carrying import carried_out

        if status := carried_out(options, self.stdout, self.stderr):
            sys.exit(status)
