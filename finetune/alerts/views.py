"""The team's alerts: what I am told, its webhooks, what went out and what did not arrive."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finetune.exceptions import StudioError
from finetune.teams.access import SiteRequest, in_team, signed_in
from finetune.teams.selectors import is_owner

from . import services
from .forms import ChoiceForm, WebhookForm
from .mail import mail_goes_out
from .models import Delivery, Webhook
from .selectors import alerts_of, choice_of, delivery_get, news_for, webhook_get, webhooks_of
from .words import words_of

PAGE = 20


@sensitive_variables("secret")
def alerts_page(
    request: SiteRequest,
    *,
    form: WebhookForm | None = None,
    choice: ChoiceForm | None = None,
    made: Webhook | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, or the part that is looked at again while something is under way."""
    page = Paginator(alerts_of(request.team), PAGE).get_page(request.GET.get("page"))
    words = words_of(page)
    context = {
        "page": page,
        "rows": [(alert, words[alert.pk]) for alert in page],
        "live": any(one.state in Delivery.OPEN for row in page for one in row.deliveries.all()),
        "is_owner": is_owner(request.user, request.team),
    }
    if request.htmx and request.method != "POST":
        return render(request, "finetune/alerts/_told.html", context)
    context |= {
        "form": form or WebhookForm(),
        "choice": choice or ChoiceForm.of(choice_of(request.user, request.team)),
        "webhooks": webhooks_of(request.team),
        "made": made,
        "secret": secret,
        "mail_goes_out": mail_goes_out(),
    }
    return render(request, "finetune/alerts/alerts.html", context, status=status)


def refuse(form: Form, error: StudioError) -> None:
    """Put a refusal beside the field that it is about."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


@never_cache
@in_team
@require_safe
def alerts(request: SiteRequest) -> HttpResponse:
    return alerts_page(request)


@never_cache
@signed_in
@require_safe
def alerts_news(request: SiteRequest) -> JsonResponse:
    """What a browser that was asked to shows as notifications."""
    return JsonResponse({"alerts": news_for(request.user)})


def back(request: SiteRequest) -> HttpResponse:
    """For who reloads, or turns the pages of, a form's answer."""
    return redirect(f"{reverse('alerts')}?{request.GET.urlencode()}")


@in_team
@require_http_methods(["GET", "POST"])
def alert_choice(request: SiteRequest) -> HttpResponse:
    if request.method == "GET":
        return back(request)
    form = ChoiceForm(request.POST, prefix="you")
    if form.is_valid():
        try:
            services.choice_set(team=request.team, user=request.user, **form.cleaned_data)
        except StudioError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Kept: this is what you are told."))
            return redirect("alerts")
    return alerts_page(request, choice=form, status=422)


@in_team
@require_POST
def mail_test(request: SiteRequest) -> HttpResponse:
    try:
        services.mail_test(team=request.team, user=request.user)
    except StudioError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("A test is on its way to you."))
    return redirect("alerts")


@sensitive_variables("secret")
@never_cache
@in_team
@require_http_methods(["GET", "POST"])
def webhook_create(request: SiteRequest) -> HttpResponse:
    """The answer itself carries the secret; it is kept sealed, and shown nowhere again."""
    if request.method == "GET":
        return back(request)
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            made, secret = services.webhook_create(
                team=request.team, user=request.user, **form.cleaned_data
            )
        except StudioError as error:
            refuse(form, error)
        else:
            return alerts_page(request, made=made, secret=secret)
    return alerts_page(request, form=form, status=422)


def webhook_mine(request: SiteRequest, public_id: str) -> Webhook:
    """As with API keys: the person who made it, or an owner of its team."""
    hook = webhook_get(request.user, public_id)
    if hook.created_by_id != request.user.pk and not is_owner(request.user, hook.team):
        raise PermissionDenied(_("Only the person who made a webhook or an owner can do that."))
    return hook


@signed_in
@require_POST
def webhook_test(request: SiteRequest, public_id: str) -> HttpResponse:
    hook = webhook_mine(request, public_id)
    try:
        services.webhook_test(hook=hook)
    except StudioError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("A test is on its way to “%(name)s”.") % {"name": hook.name})
    return redirect("alerts")


@signed_in
@require_POST
def webhook_switch(request: SiteRequest, public_id: str) -> HttpResponse:
    hook = webhook_mine(request, public_id)
    services.webhook_switch(hook=hook, on=request.POST.get("on") == "1")
    return redirect("alerts")


@signed_in
@require_POST
def webhook_delete(request: SiteRequest, public_id: str) -> HttpResponse:
    hook = webhook_mine(request, public_id)
    services.webhook_delete(hook=hook)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": hook.name})
    return redirect("alerts")


@signed_in
@require_POST
def delivery_again(request: SiteRequest, public_id: str) -> HttpResponse:
    delivery = delivery_get(request.user, public_id)
    owner = is_owner(request.user, delivery.alert.team)
    if not delivery.may_be_handled_by(request.user, owner=owner):
        raise PermissionDenied(
            _("Only the person whom it is for, or who made the webhook, or an owner can do that.")
        )
    try:
        services.delivery_again(delivery=delivery)
    except StudioError as error:
        messages.error(request, error.message)
    return redirect("alerts")
