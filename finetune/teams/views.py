"""The team that a person works in: who is in it and invited, in which role, and switching."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from finetune.exceptions import StudioError

from . import invitations as invitation_services
from . import services as team_services
from .access import SiteRequest, in_team, signed_in
from .forms import InvitationForm, RoleForm
from .models import Invitation, Membership
from .selectors import SESSION_KEY, invitation_get, invitations_for, is_owner, teams_of

PAGE = 25


def team_page(request: SiteRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
    rows = request.team.memberships.select_related("user").order_by("created_at", "pk")
    context = {
        "form": form,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "is_owner": is_owner(request.user, request.team),
        "invited": request.team.invitations.select_related("created_by"),
        "invitations": invitations_for(request.user),
        "roles": Membership.Role.choices,
    }
    name = "finetune/teams/_team.html" if request.htmx else "finetune/teams/team.html"
    return render(request, name, context, status=status)


def owner_only(request: SiteRequest) -> None:
    if not is_owner(request.user, request.team):
        raise PermissionDenied(_("Only an owner of the team can do that."))


@in_team
@require_safe
def team(request: SiteRequest) -> HttpResponse:
    return team_page(request, InvitationForm())


@signed_in
@require_POST
def team_switch(request: SiteRequest) -> HttpResponse:
    chosen = get_object_or_404(teams_of(request.user), slug=request.POST.get("team", ""))
    request.session[SESSION_KEY] = chosen.pk
    messages.success(request, _("You work in %(name)s now.") % {"name": chosen.name})
    return redirect("home")


@in_team
@require_POST
def member_add(request: SiteRequest) -> HttpResponse:
    """Invite a name. The answer is the same whether an account of that name exists or not."""
    owner_only(request)
    form = InvitationForm(request.POST)
    if form.is_valid():
        try:
            made = invitation_services.invitation_create(
                team=request.team,
                name=form.cleaned_data["username"],
                role=form.cleaned_data["role"],
                by=request.user,
            )
        except StudioError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(
                request,
                _(
                    "%(name)s is invited. If there is an account of this name, its person "
                    "sees the invitation after signing in."
                )
                % {"name": made.name},
            )
            return redirect("team")
    return team_page(request, form, status=422)


@in_team
@require_POST
def invitation_withdraw(request: SiteRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=pk, team=request.team)
    owner_only(request)
    invitation_services.invitation_withdraw(invitation=invitation)
    messages.success(
        request, _("The invitation of %(name)s is withdrawn.") % {"name": invitation.name}
    )
    return redirect("team")


@signed_in
@require_POST
def invitation_accept(request: SiteRequest, pk: int) -> HttpResponse:
    invitation = invitation_get(request.user, pk)
    joined = invitation_services.invitation_accept(invitation=invitation, user=request.user)
    request.session[SESSION_KEY] = joined.pk
    messages.success(request, _("You are in %(name)s now, and work in it.") % {"name": joined.name})
    return redirect("home")


@signed_in
@require_POST
def invitation_decline(request: SiteRequest, pk: int) -> HttpResponse:
    invitation = invitation_get(request.user, pk)
    invitation_services.invitation_decline(invitation=invitation)
    messages.success(
        request, _("You have declined the invitation to %(name)s.") % {"name": invitation.team.name}
    )
    return redirect("home")


@in_team
@require_POST
def member_role(request: SiteRequest, pk: int) -> HttpResponse:
    membership = get_object_or_404(Membership, pk=pk, team=request.team)
    owner_only(request)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the two roles."))
        return redirect("team")
    try:
        team_services.member_role_set(membership=membership, role=form.cleaned_data["role"])
    except StudioError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request,
            _("%(name)s is %(role)s now.")
            % {
                "name": membership.user.username,
                "role": membership.get_role_display().lower(),
            },
        )
    return redirect("team")


@in_team
@require_POST
def member_remove(request: SiteRequest, pk: int) -> HttpResponse:
    """An owner removes anybody; a member can only leave."""
    membership = get_object_or_404(Membership, pk=pk, team=request.team)
    if membership.user_id != request.user.pk:
        owner_only(request)
    try:
        team_services.member_remove(membership=membership)
    except StudioError as error:
        messages.error(request, error.message)
        return redirect("team")
    if membership.user_id == request.user.pk:
        request.session.pop(SESSION_KEY, None)
        messages.success(request, _("You have left %(name)s.") % {"name": membership.team.name})
        return redirect("home")
    messages.success(
        request,
        _("%(name)s is no longer in the team.") % {"name": membership.user.username},
    )
    return redirect("team")
