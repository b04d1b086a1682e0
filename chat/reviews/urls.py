"""Addresses of reviews, under `/safety/`."""

from django.urls import path

from chat.reviews.comparisons import views as comparisons
from chat.reviews.probing import views
from chat.reviews.releases import views as releases

urlpatterns = [
    path("runs/<str:public_id>/", views.run_safety, name="run-safety"),
    path("runs/<str:public_id>/ask/", views.probes_ask, name="probes-ask"),
    path("runs/<str:public_id>/release/", releases.release_ask, name="release-ask"),
    path("runs/<str:public_id>/withdraw/", releases.release_withdraw, name="release-withdraw"),
    path("comparisons/", comparisons.comparisons, name="comparisons"),
    path("comparisons/<str:public_id>/", comparisons.comparison, name="comparison"),
    path(
        "comparisons/<str:public_id>/close/", comparisons.comparison_close, name="comparison-close"
    ),
    path(
        "comparisons/<str:public_id>/export/<slug:kind>/",
        comparisons.comparison_export,
        name="comparison-export",
    ),
    path("probes/<str:public_id>/", views.probe_run, name="probe-run"),
    path("probes/<str:public_id>/cancel/", views.probe_run_cancel, name="probe-run-cancel"),
    path("probes/<str:public_id>/answers.json", views.answers_json, name="probe-answers"),
]
