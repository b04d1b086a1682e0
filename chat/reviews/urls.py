"""Addresses of reviews, under `/safety/`."""

from django.urls import path

from chat.reviews.probing import views

urlpatterns = [
    path("runs/<str:public_id>/", views.run_safety, name="run-safety"),
    path("runs/<str:public_id>/ask/", views.probes_ask, name="probes-ask"),
    path("probes/<str:public_id>/", views.probe_run, name="probe-run"),
    path("probes/<str:public_id>/cancel/", views.probe_run_cancel, name="probe-run-cancel"),
    path("probes/<str:public_id>/answers.json", views.answers_json, name="probe-answers"),
]
