"""All addresses of the site: pages, chat, the API and the console."""

from django.contrib import admin
from django.urls import include, path

from wukongsite.api import api
from wukongsite.health import health

handler500 = "wukongsite.faults.on_exception"
handler400 = "wukongsite.entry.bad_request"
urlpatterns = [
    path("admin/", admin.site.urls),
    path("health", health, name="health"),
    path("v1/", api.urls),
    path("chat/", include("chat.urls")),
    path("", include("finetune.urls")),
]
