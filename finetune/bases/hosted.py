"""Names of models that are hosted elsewhere, and what an operator has put in their place here.

So a program that names OpenAI's models runs without a change (`WUKONG_HOSTED_MODELS`). Whoever is
answered is told the name of what was really used.
"""

from django.conf import settings

from .models import BaseModel
from .selectors import bases_ready


def local_name(model: str) -> str:
    """What stands for this name here; the name itself where the operator's table is silent."""
    return str(settings.HOSTED_MODELS.get(model, model))


def base_named(model: str) -> BaseModel | None:
    """The base of this name that is ready, or the one that stands for it."""
    local = local_name(model)
    found = {base.slug: base for base in bases_ready().filter(slug__in=[model, local])}
    return found.get(model) or found.get(local)
