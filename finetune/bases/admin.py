"""Base models: an administrator adds one by its source; its shapes are read in the background."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from finetune.console.actions import apply_to_each
from finetune.console.filters import ValuesFilter
from finetune.queue import enqueue

from .models import BaseModel
from .publishing import assistant_file
from .services import base_add


@admin.register(BaseModel)
class BaseModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "slug", "state", "size", "max_positions", "licence", "created_at")
    list_filter = ("state", ("licence", ValuesFilter))
    search_fields = ("title", "slug", "source")
    actions = ("check_again",)
    facts = ("state", "problem", "size", "max_positions", "layers", "created_at")

    @admin.display(description="parameters", ordering="parameters")
    def size(self, base: BaseModel) -> str:
        return f"{base.parameters / 1e6:,.1f} M" if base.parameters else ""

    @admin.display(description="linear layers")
    def layers(self, base: BaseModel) -> str:
        names = sorted({name.rsplit(".", 1)[-1] for name in base.shapes})
        return f"{len(base.shapes)}: {', '.join(names)}" if names else ""

    def get_fields(self, request: HttpRequest, obj: BaseModel | None = None) -> Any:
        own = ["title", "slug", "source", "licence", "note"]
        return own if obj is None else [*own, *self.facts]

    def get_readonly_fields(self, request: HttpRequest, obj: BaseModel | None = None) -> list[str]:
        # Runs and published assistants refer to a base by its slug and its source.
        return [] if obj is None else ["slug", "source", *self.facts]

    def save_model(self, request: HttpRequest, obj: BaseModel, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        values = {name: form.cleaned_data[name] for name in ("slug", "title", "source")}
        texts = {name: form.cleaned_data[name] for name in ("licence", "note")}
        obj.pk = base_add(**values, **texts).pk
        obj.refresh_from_db()
        self.message_user(
            request,
            "Its shapes are being read; the state turns to ready when that is done.",
            messages.INFO,
        )

    @admin.action(description="Check again")
    def check_again(self, request: HttpRequest, queryset: QuerySet[BaseModel]) -> None:
        apply_to_each(self, request, queryset, base_check_again, done="Being checked again")

    def delete_model(self, request: HttpRequest, obj: BaseModel) -> None:
        assistant_file(obj.slug).unlink(missing_ok=True)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[BaseModel]) -> None:
        for base in queryset:
            self.delete_model(request, base)


def base_check_again(base: BaseModel) -> None:
    changes: dict[str, Any] = {"state": BaseModel.State.CHECKING, "problem": ""}
    BaseModel.objects.filter(pk=base.pk).update(**changes)
    enqueue("base_inspect", base.pk)
