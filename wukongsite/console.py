"""The admin console: Django's admin under the studio's name, with a page for queue and workers."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path


class ConsoleConfig(AdminConfig):
    default_site = "wukongsite.console.ConsoleSite"


class ConsoleSite(AdminSite):
    site_header = "Wukong Studio console"
    site_title = "Wukong Studio console"
    index_title = "Everything in the studio"
    site_url = "/"
    empty_value_display = "–"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Imported here, because this class is made before the apps are loaded.
        from .console_queue import queue_page

        own = [path("queue/", self.admin_view(queue_page), name="queue")]
        return [*own, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "is_console": True}
