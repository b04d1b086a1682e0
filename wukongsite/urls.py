"""All addresses of the site: pages, chat, the API and the console."""

from django.contrib import admin
from django.urls import include, path

from wukongsite.api.endpoints import api
from wukongsite.http.health import health
from wukongsite.http.language import language_switch, page_words
from wukongsite.mcp.view import mcp

handler500 = "wukongsite.http.faults.on_exception"
handler400 = "wukongsite.http.entry.bad_request"
urlpatterns = [
    path("admin/", admin.site.urls),
    path("health", health, name="health"),
    path("language/", language_switch, name="language"),
    path("language/<slug:language>/words.js", page_words, name="page-words"),
    path("v1/", api.urls),
    path("mcp", mcp),
    path("chat/", include("chat.urls")),
    path("safety/", include("chat.reviews.urls")),
    path("", include("finetune.urls")),
]
