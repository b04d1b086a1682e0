"""The API under /v1: OpenAI's protocol over the studio's services. Which routers there are."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.docs import Swagger

from chat.api.completions import router as chat_router
from chat.api.embeddings import router as embeddings_router
from chat.api.moderations import router as moderations_router
from chat.api.responses.endpoints import router as responses_router
from finetune.api.datasets import router as datasets_router
from finetune.api.doctor.changes import router as data_changes_router
from finetune.api.doctor.reports import router as data_reports_router
from finetune.api.evaluations import router as evaluations_router
from finetune.api.exports import router as exports_router
from finetune.api.files import router as files_router
from finetune.api.jobs.endpoints import router as jobs_router
from finetune.api.jobs.following import router as following_router
from finetune.api.jobs.queue import router as queue_router
from finetune.api.models import router as models_router
from finetune.api.studies.endpoints import router as studies_router
from finetune.api.uploads import router as uploads_router
from finetune.api.use import router as use_router
from finetune.api.webhooks import router as webhooks_router
from finetune.api.wukong.plans import router as plans_router
from finetune.api.wukong.quantum import router as quantum_router
from finetune.api.wukong.site import router as site_router

from .handlers import register
from .keys import BearerKey
from .parser import TextParser
from .refusals import with_refusals
from .scopes import with_scopes


class StudioApi(NinjaAPI):
    """With every refusal in its document, and the scopes."""

    def get_openapi_schema(self, **options: Any) -> Any:
        return with_scopes(with_refusals(super().get_openapi_schema(**options)))


api = StudioApi(
    title="Wukong Studio API",
    version="1",
    description=(
        "OpenAI's protocol for files, fine-tuning jobs, models and chat, so that existing clients "
        "work after a change of base address and key."
    ),
    auth=BearerKey(),
    parser=TextParser(),
    docs=Swagger({"defaultModelsExpandDepth": -1, "validatorUrl": None}),
    urls_namespace="api",
)
register(api)
api.add_router("/files", files_router)
api.add_router("/uploads", uploads_router)
api.add_router("/fine_tuning/jobs", jobs_router)
api.add_router("/fine_tuning/jobs", following_router)
api.add_router("/fine_tuning", queue_router)
api.add_router("/fine_tuning", use_router)
api.add_router("/fine_tuning/jobs", exports_router)
api.add_router("/wukong/datasets", datasets_router)
api.add_router("/wukong/datasets", data_reports_router)
api.add_router("/wukong/datasets", data_changes_router)
api.add_router("/wukong/evaluations", evaluations_router)
api.add_router("/wukong", plans_router)
api.add_router("/wukong", quantum_router)
api.add_router("/wukong", site_router)
api.add_router("/models", models_router)
api.add_router("/webhooks", webhooks_router)
api.add_router("/wukong/studies", studies_router)
api.add_router("/chat/completions", chat_router)
api.add_router("/responses", responses_router)
api.add_router("/moderations", moderations_router)
api.add_router("/embeddings", embeddings_router)
