"""What the browser tests look at and takes no work to make: one of each kind, made once a studio."""

# ruff: noqa: E501 (the scripts for the studio's shell read better unbroken)

import pytest

from tests.conftest import wait_until

# A base whose files are gone, a data set with bad lines, an administrator's session.
PREPARE = """
import shutil
from django.core.files.uploadedfile import SimpleUploadedFile
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from django.utils import timezone
from finetune.models import BaseModel, Team, User
from chat.notes.models import SessionNote
from chat.notes.services import note_share
from chat.personas.models import Persona, PersonaVersion
from chat.privacy.models import DeletionReceipt
from chat.ratings.signing.models import PairSet
from finetune.datasets.services import dataset_upload
from finetune.teams.invitations import invitation_create
from finetune.teams.keys.services import key_create
from finetune.teams.services import member_add, sign_in_link_create, user_create

BaseModel.objects.get_or_create(
    slug="lost-llama",
    defaults={
        "title": "Lost Llama", "source": "/nonexistent/lost-llama", "state": "ready",
        "shapes": BaseModel.objects.get(slug="tiny-llama").shapes,
    },
)
team = Team.objects.get(name="Team of alice")
alice = User.objects.get(username="alice")
if not User.objects.filter(username="erin").exists():
    erin = User.objects.create_user("erin", password="erin-has-a-password", is_staff=True, is_superuser=True)
    member_add(team=team, user=erin)
erin = User.objects.get(username="erin")
if not team.invitations.exists():
    long_name = "somebody_with_a_name_that_is_much_too_long_and_has_no_place_to_break_at_all"
    invitation_create(team=team, name=long_name, by=alice)
session = SessionStore()
session[SESSION_KEY] = str(erin.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = erin.get_session_auth_hash()
session.save()
good = '{"messages": [{"role": "user", "content": "hello %d"}, {"role": "assistant", "content": "Hello to you, %d."}]}'
lines = [good % (n, n) for n in range(40)] + ["{broken", '{"messages": []}', good % (1, 1)]
made = dataset_upload(
    team=team, user=alice, name="A_data_set_with_a_name_that_is_much_too_long_and_has_no_place_to_break_at_all",
    file=SimpleUploadedFile("long name of a file with problems.jsonl", "\\n".join(lines).encode()),
)
refused = dataset_upload(
    team=team, user=alice, name="Nothing in it",
    file=SimpleUploadedFile("nothing.jsonl", b"{broken\\n{broken too\\n"),
)
note = SessionNote.objects.create(
    user=alice, title="A_title_that_is_much_too_long_and_has_no_place_to_break_at_all",
    text="In my own words\\n\\n“I keep waking up at 4am.”\\n" * 8,
)
note_share(note=note, days="7")
persona = Persona.objects.create(team=team, slug="night")
for number in (1, 2):
    version = PersonaVersion.objects.create(
        persona=persona, number=number, name="A_name_that_is_much_too_long_and_has_no_place_to_break",
        description="Slow, short words for the hours when you cannot sleep. " * 2, assistant="tiny-llama",
        assistant_title="Tiny Llama", instruction="Speak slowly. Ask one quiet question. " * 9,
        opening="Hello. I am an AI, here at any hour. What is keeping you awake?", languages="en,zh",
        created_by=alice, published_by=alice, published_at=timezone.now(),
    )
pair_set = PairSet.objects.create(team=team, name="Shared ratings", marks=["a"], asked_by=alice)
receipt = DeletionReceipt.objects.create(user=alice, reason="asked", counts={"conversations": 2, "messages": 14})
answer = {
    "pair_set": pair_set.public_id,
    "note": note.public_id, "shared": f"/chat/shared/{note.public_id}/{note.token}/",
    "receipt": receipt.public_id, "persona": persona.public_id, "persona_model": version.model,
    "session": session.session_key, "problems": made.public_id, "refused": refused.public_id,
    "link": sign_in_link_create(user=alice),
}
"""

# A key, a calibration, a job in every state, experiments that wait or have failed.
QUANTUM = """
from django.utils import timezone
from finetune.models import QuantumExperiment, QuantumJob, QuantumKey, Team, User
from finetune.hardware.chips import calibration_store
from finetune.hardware.keys import cloud_key_create
from quantum.chips.published import published_72

team = Team.objects.get(name="Team of alice")
alice = User.objects.get(username="alice")
now = timezone.now()
key = cloud_key_create(
    team=team, user=alice, label="A_key_with_a_name_that_is_much_too_long_and_has_no_break",
    secret="0123456789abcdef", url="https://cloud.invalid",
)
chips = [{"name": "72", "online": False}, {"name": "WK_C180", "online": True}]
QuantumKey.objects.filter(pk=key.pk).update(chips=chips, chips_problem="Nobody answered.")
figures = calibration_store(key=key, calibration=published_72())
jobs = {}
for number, state in enumerate(QuantumJob.State.values):
    row = QuantumJob.objects.create(
        team=team, created_by=alice, key=key, scope="s", fingerprint=f"f{number}" * 30,
        backend="wukong", chip="72", circuits=2, shots=1000, total_shots=2000, seconds_high=4.8,
        payload="{}", created_at=now, updated_at=now, message="What the provider said. " * 8,
        state="done" if state in QuantumJob.LIVE else state,
        result='{"counts": [{"0101": 600, "1111": 400}], "raw": "the reply", "from_probabilities": false}',
    )
    jobs[row.state] = row.public_id
estimate = {"circuits": 3, "shots": 3000, "batches": 1, "seconds": [1.6, 5.5], "money": 93.5, "currency": "CNY"}
result = {"backends": [{"name": "wukong", "title": "Wukong", "state": "waiting"}], "estimate": estimate, "batches": []}
spec = {"shots": 1000, "chip": "72", "backends": ["wukong"]}
one = dict(team=team, created_by=alice, key=key, spec=spec)
ask = QuantumExperiment.objects.create(name="Asks first", state="confirm", result=result, **one)
bad = QuantumExperiment.objects.create(name="Cannot be read", state="failed", message="OpenQASM: line 3", **one)
answer = {
    "chip": figures.public_id, "job_done": jobs["done"], "job_unknown": jobs["submit_unknown"],
    "ask": ask.public_id, "bad": bad.public_id,
}
"""

# A study that is done, with a link, and one that is stopped; no run of theirs is there any more.
STUDIES = """
from django.utils import timezone
from finetune.models import BaseModel, Dataset, Study, Team, User
from finetune.studies.design.cells import Result, chosen, next_cells
from finetune.studies.design.table import BASE, table_of
from finetune.studies.form.matching import matched_settings
from finetune.studies.links import link_create
from finetune.studies.results import results_to_keep
from finetune.studies.tables import plain
from finetune.training.settings import RunSettings

team, alice = Team.objects.get(name="Team of alice"), User.objects.get(username="alice")
base, data = BaseModel.objects.get(slug="tiny-llama"), Dataset.objects.filter(team=team, state="ready").first()
settings = matched_settings(RunSettings())
arms, results, scores = settings.arms_on(base.linear_shapes), {}, {}
while cells := next_cells(settings, arms, results):
    for cell in cells:
        loss = 2 + 0.01 * cell.seed + cell.point.rate
        results[cell.key] = Result(
            base_loss=4.0, best_loss=loss, best_step=20, last_loss=loss, train_loss=1.9, parameters=1200,
            step_seconds=0.21, processor_seconds=20.0, peak_memory_mb=1400.0, joules=200.0, circuits=1000, precision="float32",
            failed="The loss is no number." if cell.arm == "random" else "",
        )
points = chosen(settings, arms, results)
for at, key in enumerate([BASE, *results]):
    rows = [{"line": n + 1, "nll": 20.0 + 0.01 * ((n * (at + 3)) % 7), "tokens": 10} for n in range(20)]
    scores[key] = {"loss": 2.0, "accuracy": 0.5, "tokens": 200, "dialogues": rows}
common = dict(team=team, created_by=alice, base=base, dataset=data, adapter="qtha", config=settings.model_dump())
done = Study.objects.create(
    name="A_study_with_a_name_that_is_much_too_long_and_has_no_place_to_break_at_all", state="done",
    chosen={arm: {"rate": point.rate, "swept": dict(point.swept)} for arm, point in points.items()},
    results=results_to_keep(results), table=plain(table_of(settings, arms, results, scores)),
    chosen_at=timezone.now(), finished_at=timezone.now(), **common,
)
stopped = Study.objects.create(
    name="Stopped", state="stopped", problem={"code": "all_failed", "message": "The first 4 runs have all failed. " * 4}, **common,
)
_, token = link_create(study=done, user=alice)
answer = {"study": done.public_id, "study_stopped": stopped.public_id, "study_link": f"/studies/shared/{token}/"}
"""


# How far the further look at a data set is.
FOUND = """
from finetune.models import Findings
row = Findings.objects.filter(dataset__public_id="%s").first()
answer = {"state": row.state if row else ""}
"""


@pytest.fixture(scope="session")
def rows(studio, training_file):
    """Data sets good and bad, a key, a chip, jobs, experiments and studies."""
    found = studio.manage(PREPARE) | studio.manage(QUANTUM) | studio.manage(STUDIES)
    studio.people["erin"] = {"session": found["session"], "key": ""}
    wait_until(lambda: read_state(studio, found["refused"]) == "error")
    wait_until(lambda: studio.manage(FOUND % found["problems"])["state"] == "done")
    return {**found, "file": training_file}


def read_state(studio, file_id):
    with studio.client("alice") as client:
        return client.get(f"/files/{file_id}").json()["status"]
