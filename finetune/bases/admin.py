"""Base models: an administrator adds one by its folder, or has one of the hub downloaded."""

import shutil
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from finetune.console.actions import apply_to_each
from finetune.console.filters import ValuesFilter
from finetune.exceptions import StudioError
from finetune.queue import enqueue

from . import downloads
from .catalogue.entries import ENTRIES
from .files.places import discard
from .models import BaseDownload, BaseModel
from .publishing import assistant_file
from .services import base_add


class BaseModelForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_source(self) -> str:
        source = str(self.cleaned_data["source"]).strip()
        if not Path(source).is_absolute():
            raise forms.ValidationError(
                "Give the whole path of a folder or of a .gguf file on this machine. A model of "
                "the hub is added under “Downloads of base models”."
            )
        return source


@admin.register(BaseModel)
class BaseModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "slug", "state", "size", "max_positions", "licence", "created_at")
    list_filter = ("state", ("licence", ValuesFilter))
    search_fields = ("title", "slug", "source")
    actions = ("check_again",)
    form = BaseModelForm
    facts = ("state", "problem", "size", "max_positions", "layers", "revision", "created_at")

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

    @admin.action(description="Check again", permissions=["change"])
    def check_again(self, request: HttpRequest, queryset: QuerySet[BaseModel]) -> None:
        apply_to_each(self, request, queryset, base_check_again, done="Being checked again")

    def delete_model(self, request: HttpRequest, obj: BaseModel) -> None:
        assistant_file(obj.slug).unlink(missing_ok=True)
        download = BaseDownload.objects.filter(base=obj).first()
        super().delete_model(request, obj)
        if download:  # its folder is the studio's own, and can be had again
            shutil.rmtree(downloads.target_of(download), ignore_errors=True)
            downloads.download_discard(download)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[BaseModel]) -> None:
        for base in queryset:
            self.delete_model(request, base)


def base_check_again(base: BaseModel) -> None:
    changes: dict[str, Any] = {"state": BaseModel.State.CHECKING, "problem": ""}
    BaseModel.objects.filter(pk=base.pk).update(**changes)
    enqueue("base_inspect", base.pk)


class DownloadForm(forms.ModelForm):  # type: ignore[type-arg]
    catalogue = forms.ChoiceField(
        required=False,
        choices=[("", "Another one, by its name below")]
        + [(entry.slug, f"{entry.title} ({entry.licence[0]})") for entry in ENTRIES.values()],
        help_text="With one of these, the fields below stay empty.",
    )
    accepted = forms.BooleanField(
        required=False,
        label="I have read its licence and accept it",
        help_text="Needed where the hub asks for it.",
    )

    class Meta:
        model = BaseDownload
        fields = ("repository", "slug", "title", "licence")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("repository", "slug", "title"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        entry = ENTRIES.get(typed.get("catalogue", ""))
        if entry is None and typed.get("repository", "").count("/") != 1:
            self.add_error("repository", "Choose one above, or give a name such as Qwen/Qwen3-4B.")
        elif entry is None:
            for name in ("slug", "title"):
                if not typed.get(name):
                    self.add_error(name, "This one has no name in the studio yet: give it one.")
        elif entry.asks and not typed.get("accepted"):
            self.add_error("accepted", f"The hub asks for it. Read {entry.licence[1]} first.")
        return typed


@admin.register(BaseDownload)
class BaseDownloadAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Everything shown is a fact; what can be done are actions."""

    list_display = ("title", "repository", "state", "progress", "short_revision", "created_by")
    list_filter = ("state",)
    search_fields = ("title", "slug", "repository", "revision")
    actions = ("go_on", "stop", "discard")
    facts = (
        "title", "slug", "repository", "revision", "licence", "accepted_by", "accepted_at", "state",
        "progress", "problem", "hashes", "base", "created_by", "created_at", "updated_at",
    )  # fmt: skip

    @admin.display(description="progress")
    def progress(self, download: BaseDownload) -> str:
        if not download.total:
            return ""
        return f"{download.done / 1e9:.2f} of {download.total / 1e9:.2f} GB, {download.percent} %"

    @admin.display(description="revision", ordering="revision")
    def short_revision(self, download: BaseDownload) -> str:
        return download.revision[:12]

    @admin.display(description="files and hashes")
    def hashes(self, download: BaseDownload) -> str:
        return "\n".join(f"{one['digest']}  {one['path']}" for one in download.files)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = DownloadForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: BaseDownload | None = None) -> Any:
        own = ("catalogue", "repository", "slug", "title", "licence", "accepted")
        return own if obj is None else self.facts

    def get_readonly_fields(self, request: HttpRequest, obj: BaseDownload | None = None) -> Any:
        return () if obj is None else self.facts

    def save_model(self, request: HttpRequest, obj: BaseDownload, form: Any, change: bool) -> None:
        if change:
            return  # nothing of it can be typed
        typed = form.cleaned_data
        user: Any = request.user
        if typed["catalogue"]:
            made = downloads.entry_download(
                user=user, slug=typed["catalogue"], accepted=typed["accepted"]
            )
        else:
            names = ("slug", "title", "repository", "licence", "accepted")
            made = downloads.download_start(user=user, **{name: typed[name] for name in names})
        obj.pk = made.pk
        obj.refresh_from_db()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except StudioError as error:
            self.message_user(request, error.message, messages.ERROR)
            return redirect(request.get_full_path())

    def delete_model(self, request: HttpRequest, obj: BaseDownload) -> None:
        super().delete_model(request, obj)
        discard(downloads.target_of(obj))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[BaseDownload]) -> None:
        for download in queryset:
            self.delete_model(request, download)

    @admin.action(description="Go on", permissions=["change"])
    def go_on(self, request: HttpRequest, queryset: QuerySet[BaseDownload]) -> None:
        apply_to_each(self, request, queryset, downloads.download_begin, done="Waiting")

    @admin.action(description="Stop, and keep what came", permissions=["change"])
    def stop(self, request: HttpRequest, queryset: QuerySet[BaseDownload]) -> None:
        apply_to_each(self, request, queryset, downloads.download_stop, done="Told to stop")

    @admin.action(description="Throw away what came", permissions=["change"])
    def discard(self, request: HttpRequest, queryset: QuerySet[BaseDownload]) -> None:
        apply_to_each(self, request, queryset, downloads.download_discard, done="Thrown away")
