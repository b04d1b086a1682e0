"""People: an administrator makes the account and hands over a link that signs in once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from finetune.teams.models import Membership, Team, User
from finetune.teams.services import sign_in_link_create, user_create

MOST_LINKS = 10

# Who is in a group is said on the person's page; what a group may do, in code.
admin.site.unregister(Group)


class UserAddForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is needed for a new account; the person sets a password after the first sign-in."""

    team = forms.ModelChoiceField(
        Team.objects.all(), required=False, help_text="Empty: the person gets an own team."
    )
    administrator = forms.BooleanField(
        required=False, help_text="May use this console and see every team's things."
    )
    auditor = forms.BooleanField(
        required=False,
        help_text="May look at everything in this console, the audit log too, and change nothing.",
    )

    class Meta:
        model = User
        fields = ("username", "email")

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(f"The name {username} is taken.")
        return username


class TeamsInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    fields = ("team", "role", "created_at")
    readonly_fields = fields
    can_delete = False
    verbose_name_plural = "teams (change members on the team's page)"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("team", "user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "email", "team_names", "is_active", "is_staff", "last_login")
    list_per_page = 50
    list_filter = ("is_active", "is_staff", "teams")
    search_fields = ("username", "email", "first_name", "last_name")
    actions = ("make_links",)
    inlines = (TeamsInline,)
    add_form = UserAddForm
    add_fieldsets = ((None, {"fields": ("username", "email", "team", "administrator", "auditor")}),)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("teams")

    @admin.display(description="teams")
    def team_names(self, user: User) -> str:
        return ", ".join(team.name for team in user.teams.all())

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made = user_create(
            username=form.cleaned_data["username"],
            email=form.cleaned_data["email"],
            team=form.cleaned_data["team"],
            administrator=form.cleaned_data["administrator"],
            auditor=form.cleaned_data["auditor"],
        )
        obj.pk = made.pk
        obj.refresh_from_db()
        self.tell_link(request, made)

    @admin.action(description="Make a sign-in link (once, for an hour)", permissions=["change"])
    def make_links(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        people = list(queryset.filter(is_active=True)[: MOST_LINKS + 1])
        if len(people) > MOST_LINKS:
            self.message_user(request, f"At most {MOST_LINKS} at a time.", messages.WARNING)
            return
        if not people:
            self.message_user(request, "No active person is among them.", messages.WARNING)
        for person in people:
            self.tell_link(request, person)
            self.log_change(request, person, "Made a sign-in link")

    def tell_link(self, request: HttpRequest, person: User) -> None:
        text = "Sign-in link for {}, valid once and for an hour, shown only now: {}"
        link = sign_in_link_create(user=person)
        self.message_user(request, format_html(text, person.username, link), messages.SUCCESS)
