"""The admin console: Django's admin under the studio's name, with pages of our own.

They are for queue and workers, for use and growth, for words, and for help lines.
"""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path


class ConsoleConfig(AdminConfig):
    default_site = "wukongsite.console.site.ConsoleSite"


class ConsoleSite(AdminSite):
    site_header = "Wukong Studio console"
    site_title = "Wukong Studio console"
    index_title = "Everything in the studio"
    site_url = "/"
    empty_value_display = "–"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Imported here, because this class is made before the apps are loaded.
        from chat.words.pages import lines_page, words_page

        from .drain import drain_switch
        from .queue import queue_page
        from .use import use_page

        own = [
            path("queue/", self.admin_view(queue_page), name="queue"),
            path("drain/", self.admin_view(drain_switch), name="drain"),
            path("use/", self.admin_view(use_page), name="use"),
            path("words/", self.admin_view(words_page), name="words"),
            path("lines/", self.admin_view(lines_page), name="lines"),
        ]
        return [*own, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "is_console": True}

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The same limit as at the sign-in page: `finetune.teams.doors` counts for both."""
        from finetune.teams.accounts.forms import ConsoleSignInForm
        from finetune.teams.doors import too_many_tries

        self.login_form = ConsoleSignInForm
        answer = super().login(request, extra_context)
        if too_many_tries(request):
            answer.status_code = 429
        return answer

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One page for one's own password: the site's, which limits tries of the old one."""
        return redirect("password")
