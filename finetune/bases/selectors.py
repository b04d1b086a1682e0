"""Reading base models."""

from django.db.models import QuerySet

from .models import BaseModel


def bases_ready() -> QuerySet[BaseModel]:
    return BaseModel.objects.filter(state=BaseModel.State.READY)
