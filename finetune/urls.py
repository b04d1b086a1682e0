"""Addresses of the site's own pages. Chat and the REST endpoints have their own lists."""

from django.urls import path, re_path

from finetune.datasets.versions import export_views as dataset_exports
from finetune.datasets.versions import fix_views as dataset_fixes
from finetune.datasets.versions import views as dialogues
from finetune.runs.compare import views as run_compare
from finetune.runs.form import views as run_form
from finetune.runs.listing import views as run_list
from finetune.runs.page import views as runs
from finetune.runs.queue import views as run_queue
from finetune.runs.trial import views as run_trial
from finetune.runs.use import views as run_use
from finetune.studies.form import views as study_form
from finetune.studies.page import downloads as study_files
from finetune.studies.page import shared as study_shared
from finetune.studies.page import views as studies
from finetune.teams.accounts import views as accounts
from finetune.teams.audit import views as audit
from finetune.teams.keys import views as keys

from .alerts import views as alerts
from .bases import views as bases
from .datasets import views as datasets
from .datasets.fetching import views as fetches
from .datasets.findings import views as findings
from .datasets.parts import views as parts
from .evaluation import views as evaluations
from .evaluation.votes import views as votes
from .explorer import views as explorer
from .exports import views as exports
from .hardware import job_views
from .hardware import views as hardware
from .home import views as home
from .lineage import views as lineage
from .runs import circuit_views as circuits
from .teams import views as team

urlpatterns = [
    path("", home.home, name="home"),
    # people
    path("sign-in/", accounts.sign_in, name="sign-in"),
    path("sign-in/<str:token>/", accounts.sign_in_link, name="sign-in-link"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("password/", accounts.password, name="password"),
    # team and keys
    path("team/", team.team, name="team"),
    path("team/switch/", team.team_switch, name="team-switch"),
    path("team/members/", team.member_add, name="member-add"),
    path("team/members/<int:pk>/role/", team.member_role, name="member-role"),
    path("team/members/<int:pk>/remove/", team.member_remove, name="member-remove"),
    path("team/invitations/<int:pk>/accept/", team.invitation_accept, name="invitation-accept"),
    path("team/invitations/<int:pk>/decline/", team.invitation_decline, name="invitation-decline"),
    path(
        "team/invitations/<int:pk>/withdraw/", team.invitation_withdraw, name="invitation-withdraw"
    ),
    path("team/audit/", audit.audit, name="audit"),
    path("team/audit.csv", audit.audit_table, name="audit-table"),
    path("keys/", keys.keys, name="keys"),
    path("keys/new/", keys.key_create, name="key-create"),
    path("keys/<int:pk>/replace/", keys.key_replace, name="key-replace"),
    path("keys/<int:pk>/revoke/", keys.key_revoke, name="key-revoke"),
    # alerts
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/news/", alerts.alerts_news, name="alerts-news"),
    path("alerts/you/", alerts.alert_choice, name="alert-choice"),
    path("alerts/you/test/", alerts.mail_test, name="alert-mail-test"),
    path("alerts/webhooks/new/", alerts.webhook_create, name="webhook-create"),
    path("alerts/webhooks/<str:public_id>/test/", alerts.webhook_test, name="webhook-test"),
    path("alerts/webhooks/<str:public_id>/switch/", alerts.webhook_switch, name="webhook-switch"),
    path("alerts/webhooks/<str:public_id>/delete/", alerts.webhook_delete, name="webhook-delete"),
    path("alerts/deliveries/<str:public_id>/", alerts.delivery_again, name="delivery-again"),
    # data
    path("data/", datasets.data, name="data"),
    path("data/new/", datasets.dataset_upload, name="dataset-upload"),
    path("data/uploads/", parts.upload_open, name="upload-open"),
    path("data/uploads/<str:public_id>/part/", parts.upload_part, name="upload-part"),
    path("data/uploads/<str:public_id>/complete/", parts.upload_done, name="upload-complete"),
    path("data/uploads/<str:public_id>/cancel/", parts.upload_stop, name="upload-cancel"),
    path("data/fetch/", fetches.dataset_from_address, name="dataset-from-address"),
    path("data/<str:public_id>/", datasets.dataset, name="dataset"),
    path("data/<str:public_id>/fetch/stop/", fetches.dataset_fetch_stop, name="dataset-fetch-stop"),
    path(
        "data/<str:public_id>/fetch/again/", fetches.dataset_fetch_again, name="dataset-fetch-again"
    ),
    path("data/<str:public_id>/lineage/", lineage.dataset_lineage, name="dataset-lineage"),
    path("data/<str:public_id>/options/", datasets.dataset_options, name="dataset-options"),
    path("data/<str:public_id>/preview/", datasets.dataset_preview, name="dataset-preview"),
    path(
        "data/<str:public_id>/check/cancel/",
        datasets.dataset_check_cancel,
        name="dataset-check-cancel",
    ),
    path("data/<str:public_id>/problems.csv", datasets.dataset_problems, name="dataset-problems"),
    path("data/<str:public_id>/findings/", findings.findings, name="dataset-findings"),
    path("data/<str:public_id>/findings/start/", findings.findings_start, name="findings-start"),
    path("data/<str:public_id>/findings/cancel/", findings.findings_cancel, name="findings-cancel"),
    path("data/<str:public_id>/findings/<slug:name>/", findings.finding, name="dataset-finding"),
    path(
        "data/<str:public_id>/findings/<slug:name>/change/",
        findings.finding_change,
        name="finding-change",
    ),
    path("data/<str:public_id>/about/", findings.dataset_about, name="dataset-about"),
    path("data/<str:public_id>/sheet.md", findings.dataset_sheet, name="dataset-sheet"),
    path("data/<str:public_id>/delete/", datasets.dataset_delete, name="dataset-delete"),
    path(
        "data/<str:public_id>/problems/<int:number>/", dataset_fixes.problem, name="dataset-problem"
    ),
    path("data/<str:public_id>/versions/", dataset_fixes.version_new, name="dataset-version-new"),
    path("data/<str:public_id>/dialogues/", dialogues.dialogues, name="dataset-dialogues"),
    path("data/<str:public_id>/dialogues/save/", dialogues.draft_end, name="dataset-draft-end"),
    path("data/<str:public_id>/dialogues/<int:line>/", dialogues.dialogue, name="dataset-dialogue"),
    path(
        "data/<str:public_id>/dialogues/<int:line>/change/",
        dialogues.dialogue_change,
        name="dataset-dialogue-change",
    ),
    path("data/<str:public_id>/export/", dataset_exports.dataset_export, name="dataset-export"),
    # base models
    path("bases/", bases.bases, name="bases"),
    path("bases/<slug:slug>/download/", bases.base_download, name="base-download"),
    path("bases/<slug:slug>/stop/", bases.base_stop, name="base-stop"),
    path("bases/<slug:slug>/discard/", bases.base_discard, name="base-discard"),
    # runs
    path("runs/", run_list.runs, name="runs"),
    path("runs.csv", run_list.runs_table, name="runs-table"),
    path("runs/new/", run_form.run_new, name="run-new"),
    path("runs/new/datasets/", run_form.run_datasets, name="run-datasets"),
    path("runs/queue/", run_queue.queue, name="run-queue"),
    path("runs/use/", run_use.use, name="run-use"),
    path("runs/new/try/", run_trial.run_try, name="run-try"),
    path("runs/trials/<str:public_id>/", run_trial.trial, name="run-trial"),
    path("runs/new/summary/", run_form.run_summary, name="run-summary"),
    path("runs/compare/", run_compare.compare, name="run-compare"),
    path("runs/compare.csv", run_compare.compare_table, name="run-compare-table"),
    path("runs/<str:public_id>/", runs.run, name="run"),
    path("runs/<str:public_id>/cancel/", runs.run_cancel, name="run-cancel"),
    path("runs/<str:public_id>/pause/", runs.run_pause, name="run-pause"),
    path("runs/<str:public_id>/resume/", runs.run_resume, name="run-resume"),
    path("runs/<str:public_id>/requeue/", runs.run_requeue, name="run-requeue"),
    path("runs/<str:public_id>/rerun/", run_queue.run_rerun, name="run-rerun"),
    path("runs/<str:public_id>/priority/", run_queue.run_priority, name="run-priority"),
    path("runs/<str:public_id>/config.json", runs.run_code, name="run-code"),
    path("runs/<str:public_id>/metrics.csv", runs.run_metrics, name="run-metrics"),
    path("runs/<str:public_id>/log.txt", runs.run_log, name="run-log"),
    re_path(
        r"^runs/(?P<public_id>[^/]+)/(?P<part>samples|table|lines|checkpoints|place)/$",
        runs.run_part,
        name="run-part",
    ),
    path("runs/<str:public_id>/evaluations/", evaluations.run_evaluations, name="run-evaluations"),
    path(
        "runs/<str:public_id>/evaluations/<str:evaluation_id>/cancel/",
        evaluations.evaluation_cancel,
        name="evaluation-cancel",
    ),
    path(
        "runs/<str:public_id>/evaluations/<str:evaluation_id>/delete/",
        evaluations.evaluation_delete,
        name="evaluation-delete",
    ),
    path(
        "runs/<str:public_id>/evaluations/<str:evaluation_id>/result.json",
        evaluations.evaluation_result,
        name="evaluation-result",
    ),
    path(
        "runs/<str:public_id>/evaluations/<str:evaluation_id>/votes/",
        votes.evaluation_votes,
        name="evaluation-votes",
    ),
    path(
        "runs/<str:public_id>/evaluations/<str:evaluation_id>/votes/finish/",
        votes.votes_finish,
        name="evaluation-votes-finish",
    ),
    path(
        "runs/<str:public_id>/evaluations/<str:evaluation_id>/votes/base/",
        votes.votes_base,
        name="evaluation-votes-base",
    ),
    path("runs/<str:public_id>/exports/", exports.run_exports, name="run-exports"),
    path(
        "runs/<str:public_id>/exports/<str:export_id>/delete/",
        exports.export_delete,
        name="export-delete",
    ),
    path(
        "runs/<str:public_id>/exports/<str:export_id>/archive.zip",
        exports.export_download,
        name="export-download",
    ),
    # studies
    path("runs/<str:public_id>/listed/", studies.run_list, name="run-list"),
    path("studies/", studies.studies, name="studies"),
    path("studies/new/", study_form.study_new, name="study-new"),
    path("studies/new/summary/", study_form.study_summary, name="study-summary"),
    path("studies/shared/<str:token>/", study_shared.study_shared, name="study-shared"),
    path(
        "studies/shared/<str:token>/report.html",
        study_shared.study_shared_report,
        name="study-shared-report",
    ),
    path("studies/<str:public_id>/", studies.study, name="study"),
    path("studies/<str:public_id>/stop/", studies.study_stop, name="study-stop"),
    path("studies/<str:public_id>/resume/", studies.study_resume, name="study-resume"),
    path("studies/<str:public_id>/delete/", studies.study_delete, name="study-delete"),
    path("studies/<str:public_id>/table.csv", study_files.study_table, name="study-table"),
    path("studies/<str:public_id>/study.json", study_files.study_json, name="study-json"),
    path("studies/<str:public_id>/report.html", study_files.study_report, name="study-report"),
    path("studies/<str:public_id>/links/new/", studies.study_share, name="study-share"),
    path(
        "studies/<str:public_id>/links/<str:link_id>/revoke/",
        studies.study_unshare,
        name="study-unshare",
    ),
    # quantum
    path("quantum/", hardware.hardware, name="quantum"),
    path("quantum/keys/new/", hardware.cloud_key_create, name="quantum-key-create"),
    path("quantum/keys/<str:public_id>/read/", hardware.cloud_key_read, name="quantum-key-read"),
    path(
        "quantum/keys/<str:public_id>/delete/",
        hardware.cloud_key_delete,
        name="quantum-key-delete",
    ),
    path("quantum/chips/", hardware.chips, name="quantum-chips"),
    path("quantum/chips/<str:public_id>/", hardware.chip, name="quantum-chip"),
    path("quantum/jobs/", job_views.jobs, name="quantum-jobs"),
    path("quantum/jobs/<str:public_id>/", job_views.job, name="quantum-job"),
    path(
        "quantum/jobs/<str:public_id>/cancel/",
        job_views.job_cancel,
        name="quantum-job-cancel",
    ),
    path(
        "quantum/jobs/<str:public_id>/give-up/",
        job_views.job_give_up,
        name="quantum-job-give-up",
    ),
    path(
        "quantum/jobs/<str:public_id>/decide/",
        job_views.job_decide,
        name="quantum-job-decide",
    ),
    re_path(
        r"^quantum/jobs/(?P<public_id>[^/]+)/(?P<part>payload|reply)$",
        job_views.job_file,
        name="quantum-job-file",
    ),
    path("quantum/explorer/", explorer.explorer, name="quantum-explorer"),
    path(
        "quantum/experiments/<str:public_id>/",
        explorer.experiment,
        name="quantum-experiment",
    ),
    path(
        "quantum/experiments/<str:public_id>/confirm/",
        explorer.experiment_confirm,
        name="quantum-experiment-confirm",
    ),
    path(
        "quantum/experiments/<str:public_id>/skip/",
        explorer.experiment_skip,
        name="quantum-experiment-skip",
    ),
    path(
        "quantum/experiments/<str:public_id>/delete/",
        explorer.experiment_delete,
        name="quantum-experiment-delete",
    ),
    path(
        "quantum/experiments/<str:public_id>/circuit-<str:theme>.svg",
        explorer.experiment_image,
        name="quantum-experiment-image",
    ),
    path(
        "quantum/experiments/<str:public_id>/export/<str:kind>",
        explorer.experiment_export,
        name="quantum-experiment-export",
    ),
    path("circuits/", circuits.circuit_picture, name="circuit-picture"),
    path("circuits/<str:key>-<str:theme>.svg", circuits.circuit_image, name="circuit-image"),
]
