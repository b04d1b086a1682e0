"""The ASGI application: HTTP through Django, websockets through Channels. Never imports torch."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wukongsite.settings")
django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

import chat.routing  # noqa: E402
import finetune.runs.page.routing  # noqa: E402
from wukongsite.http.bodies import BodyHandler  # noqa: E402
from wukongsite.http.language import InLanguage  # noqa: E402
from wukongsite.http.middleware import BodyLimit  # noqa: E402
from wukongsite.http.probes import Probes  # noqa: E402
from wukongsite.http.proxies import ClientAddress  # noqa: E402
from wukongsite.http.websockets import SameOrigin, lifespan, unknown  # noqa: E402
from wukongsite.metrics.page import Metrics  # noqa: E402
from wukongsite.metrics.requests import Measured  # noqa: E402

websocket_routes = [
    *finetune.runs.page.routing.websocket_urlpatterns,
    *chat.routing.websocket_urlpatterns,
    re_path(r"", unknown),  # type: ignore[arg-type]
]
routes = ProtocolTypeRouter(
    {
        "http": BodyLimit(BodyHandler()),
        "websocket": SameOrigin(InLanguage(AuthMiddlewareStack(URLRouter(websocket_routes)))),
        "lifespan": lifespan,
    }
)
application = ClientAddress(Probes(Metrics(Measured(routes))))
