"""The fields of a new study that no other field decides about."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from finetune.bases.models import BaseModel
from finetune.datasets.models import Dataset
from finetune.runs.form.fields import DatasetField, priority_field
from finetune.runs.models import Run
from finetune.studies.design.tasks import MOST, NONE
from finetune.training.settings import RunSettings
from quantum.adapters.registry import ADAPTERS

from .lists import ListField
from .matching import SIZE


class StudyFields(forms.Form):
    """What every study is asked."""

    name = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("What is asked. Empty: named after the adapter."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    adapter = forms.ChoiceField(
        choices=lambda: [(spec.name, spec.title) for spec in ADAPTERS.values()],
        widget=forms.HiddenInput,
    )
    base = forms.ModelChoiceField(
        BaseModel.objects.none(),
        to_field_name="slug",
        empty_label=None,
        label=gettext_lazy("Base model"),
    )
    dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        empty_label=gettext_lazy("Choose a data set…"),
        label=gettext_lazy("Data"),
        help_text=gettext_lazy("The dialogues that every arm learns from, in the same order."),
    )
    validation_dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("The held-out part of the data set"),
        label=gettext_lazy("Held-out data"),
        help_text=gettext_lazy("Learning rates and checkpoints are chosen by it."),
    )
    test_dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("Held-out dialogues that no run evaluates"),
        label=gettext_lazy("Test data"),
        help_text=gettext_lazy(
            "Scored once, after the choice. Without it, half of the held-out dialogues are kept "
            "apart for that."
        ),
    )
    task = forms.ChoiceField(
        choices=[
            (NONE, gettext_lazy("None")),
            ("replies", gettext_lazy("Replies (ROUGE-L)")),
            ("arithmetic", gettext_lazy("Arithmetic")),
        ],
        initial=NONE,
        required=False,
        label=gettext_lazy("Task"),
        help_text=gettext_lazy(
            "Scored once with the chosen checkpoints, after the test set: greedy replies to the "
            "test dialogues, or problems of your own. Nothing is chosen by it."
        ),
    )
    task_most = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        initial=MOST,
        required=False,
        label=gettext_lazy("Dialogues or problems of the task"),
        help_text=gettext_lazy("At most. Each run answers them, and the base."),
    )
    task_dataset = DatasetField(
        Dataset.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=gettext_lazy("None"),
        label=gettext_lazy("Arithmetic problems"),
        help_text=gettext_lazy(
            "For arithmetic: a data set whose replies end with the number that is right."
        ),
    )
    seeds = ListField(
        kind=int,
        low=0,
        high=2**32 - 1,
        label=gettext_lazy("Seeds"),
        help_text=gettext_lazy("The grid uses the first, the best point of each arm all of them."),
    )
    size = forms.FloatField(
        min_value=1e-6,
        max_value=100,
        initial=SIZE,
        label=gettext_lazy("Difference to see"),
        help_text=gettext_lazy(
            "In nats a token. The study says how many more seeds would be needed to see it."
        ),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    extensions = forms.IntegerField(
        min_value=0,
        max_value=8,
        initial=1,
        required=False,
        label=gettext_lazy("Longer grids"),
        help_text=gettext_lazy(
            "How often a grid is made longer where its best learning rate is at its edge."
        ),
    )
    sweep_batch_size = ListField(
        kind=int,
        low=1,
        high=1024,
        required=False,
        label=gettext_lazy("Batch sizes to try"),
        help_text=gettext_lazy("Each with every rate, for every arm. Empty: only the one below."),
    )
    sweep_steps = ListField(
        kind=int,
        low=1,
        high=10**6,
        required=False,
        label=gettext_lazy("Steps to try"),
        help_text=gettext_lazy("Each with every rate, for every arm. Empty: only those below."),
    )
    priority = priority_field(
        Run.Priority.LOW,
        gettext_lazy("How soon its runs start, among the runs of your team that wait."),
    )
    targets = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy(RunSettings.model_fields["targets"].title or ""),
        help_text=gettext_lazy(RunSettings.model_fields["targets"].description or ""),
    )
