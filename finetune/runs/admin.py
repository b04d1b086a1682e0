"""Runs and their logs: read-only rows, and the actions that people may ask of a run."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from finetune.console.actions import ReadOnly, apply_to_each
from finetune.console.filters import ValuesFilter
from finetune.console.lists import LongList
from finetune.training.log.events import TYPES

from .models import Run, RunEvent
from .queue.services import run_prioritise
from .services import run_cancel, run_pause, run_requeue, run_resume

LOG_LINES = 50


@admin.register(Run)
class RunAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "name",
        "team",
        "state",
        "priority",
        "progress",
        "base",
        "adapter",
        "validation_loss",
        "created_by",
        "created_at",
    )
    list_filter = ("state", "base", ("preset", ValuesFilter), "team", "created_at")
    list_select_related = ("team", "base", "created_by")
    search_fields = ("public_id", "name", "suffix", "team__name", "created_by__username")
    unread = ("request_body", "metadata", "error", "result", "spending", "base__shapes")
    actions = ("cancel", "pause", "resume", "requeue", "first", "normal")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "public_id",
                    "site_page",
                    "name",
                    "team",
                    "created_by",
                    "state",
                    "request",
                    "progress",
                    "error_text",
                )
            },
        ),
        ("What it trains", {"fields": ("base", "dataset", "validation_dataset", "settings")}),
        ("What it reached", {"fields": ("trained_tokens", "trainable_parameters", "outcome")}),
        (
            "Worker",
            {
                "fields": (
                    "priority",
                    "queued_at",
                    "held_since",
                    *("lease_owner", "lease_until", "attempts", "enqueued_at", "copied_seq"),
                )
            },
        ),
        ("Times", {"fields": ("created_at", "started_at", "finished_at")}),
        (f"Log, newest {LOG_LINES}", {"fields": ("log",)}),
    )

    @admin.display(description="progress", ordering="step")
    def progress(self, run: Run) -> str:
        return f"{run.step} of {run.total_steps}" if run.total_steps else ""

    @admin.display(description="adapter")
    def adapter(self, run: Run) -> str:
        return run.settings.adapter

    @admin.display(description="held-out loss")
    def validation_loss(self, run: Run) -> str:
        value = run.latest.get("validation_loss")
        return f"{value:.3f}" if isinstance(value, int | float) else ""

    @admin.display(description="page of the site")
    def site_page(self, run: Run) -> str:
        return format_html(
            '<a href="{}">Open the live page</a>', reverse("run", args=[run.public_id])
        )

    @admin.display(description="settings")
    def settings(self, run: Run) -> str:
        return preformatted(run.config)

    @admin.display(description="result")
    def outcome(self, run: Run) -> str:
        return preformatted(run.result)

    @admin.display(description="error")
    def error_text(self, run: Run) -> str:
        return preformatted(run.error)

    @admin.display(description="events")
    def log(self, run: Run) -> str:
        rows = RunEvent.objects.filter(run=run).order_by("-seq")[:LOG_LINES]
        lines = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (row.seq, row.time.strftime("%Y-%m-%d %H:%M:%S"), row.type, row.level, row.message)
                for row in rows
            ),
        )
        every = f"{reverse('admin:finetune_runevent_changelist')}?run__public_id={run.public_id}"
        return format_html(
            '<div class="log"><table><thead><tr><th>No.</th><th>Time</th><th>Type</th>'
            "<th>Level</th><th>Message</th></tr></thead><tbody>{}</tbody></table></div>"
            '<p><a href="{}">All events of this run</a></p>',
            lines,
            every,
        )

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self.ask(request, queryset, run_cancel, "Cancel asked for")

    @admin.action(description="Pause", permissions=["act"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self.ask(request, queryset, run_pause, "Pause asked for")

    @admin.action(description="Resume", permissions=["act"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self.ask(request, queryset, run_resume, "Resumed")

    @admin.action(description="Queue again", permissions=["act"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self.ask(request, queryset, run_requeue, "Queued again")

    @admin.action(description="Put before all other runs", permissions=["act"])
    def first(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self.ask(request, queryset, partial(run_prioritise, priority="first"), "Put first")

    @admin.action(description="Give the normal priority", permissions=["act"])
    def normal(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        self.ask(request, queryset, partial(run_prioritise, priority="normal"), "Normal priority")

    def ask(
        self, request: HttpRequest, runs: QuerySet[Run], change: Callable[..., Run], done: str
    ) -> None:
        one = partial(changed, change=change, by=request.user)
        apply_to_each(self, request, runs, one, done=done)


def changed(run: Run, *, change: Callable[..., Run], by: Any) -> None:
    change(run=run, by=by)


def preformatted(value: dict[str, Any]) -> str:
    if not value:
        return "–"
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return format_html('<pre class="facts">{}</pre>', text)


class TypeFilter(admin.SimpleListFilter):
    """The kinds that are known; to look which ones are there would read the whole table."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in TYPES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[RunEvent]) -> QuerySet[RunEvent]:
        return queryset.filter(type=self.value()) if self.value() else queryset


def of_one_run(request: HttpRequest) -> bool:
    return "run__public_id" in request.GET


@admin.register(RunEvent)
class RunEventAdmin(ReadOnly, LongList, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("run", "seq", "time", "type", "level", "message")
    list_select_related = ("run",)
    list_per_page = 100
    fields = ("run", "seq", "source_seq", "time", "type", "level", "message", "data")
    ordering = ("-pk",)  # as they were written; there is no index by time
    unread = (
        "data", "run__config", "run__latest", "run__result", "run__request_body", "run__metadata",
    )  # fmt: skip

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        # Over the log of one run; over all of them each would read the whole table.
        return ("level", TypeFilter) if of_one_run(request) else ()  # type: ignore[return-value]

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("message",) if of_one_run(request) else ("=run__public_id",)

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        # The run's page links to its own events.
        return lookup == "run__public_id" or super().lookup_allowed(lookup, value, request)
