"""A site of a few rows and files in a data folder of its own, spoken to through `manage.py`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

SEED = """
import json
from pathlib import Path
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
call_command("migrate", verbosity=0)
from finetune.bases.publishing import base_publish
from finetune.datasets.checking import dataset_check
from finetune.datasets.services import dataset_upload
from finetune.models import BaseModel, Run, User
from finetune.runs.publishing import run_publish
from finetune.teams.services import team_create
from finetune.training.settings import RunSettings
from tests.chat.engine import tiny
from tests.conftest import SHAPES

alice = User.objects.create_user("alice", password="a long enough word")
team = team_create(name="Acorn", owner=alice)
folder = Path(settings.BASE_MODEL_DIR) / "tiny"
tiny.save_base(folder)
base = BaseModel.objects.create(slug="tiny", title="Tiny", source=str(folder), state="ready",
                                parameters=1000, max_positions=512, shapes=SHAPES)
base_publish(base)
rows = [{"messages": [{"role": "user", "content": f"Day {n}"},
                      {"role": "assistant", "content": f"Tell me of day {n}."}]} for n in range(12)]
text = "\\n".join(json.dumps(row) for row in rows)
data = dataset_upload(team=team, user=alice, file=SimpleUploadedFile("a.jsonl", text.encode()),
                      name="Days")
dataset_check(data.pk)
run = Run.objects.create(team=team, created_by=alice, name="Gentle", base=base, dataset=data,
                         suffix="calm", config=RunSettings().to_dict(), state="succeeded", step=3,
                         total_steps=3, result={"validation_loss": 1.5})
tiny.save_adapter(run.folder / "adapter", folder, tiny.lora())
(run.folder / "config.json").write_text(json.dumps({"base_model": str(folder)}))
run_publish(run)
print(json.dumps({"run": run.public_id, "data": data.public_id}))
"""
# What there is, whatever the data folder is called; sign-in times and the like stand still.
ROWS = """
import json
from django.apps import apps
from django.core import serializers
from django.conf import settings
rows = []
for model in apps.get_models():
    if model._meta.model_name == "auditentry":  # each command adds its own
        continue
    rows += json.loads(serializers.serialize("json", model.objects.order_by("pk")))
print(json.dumps(rows).replace(str(settings.DATA_DIR), "DATA"))
"""


@dataclass(frozen=True)
class Place:
    """A data folder, and the database that is used with it."""

    folder: Path
    database: str = ""

    def call(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WUKONG")},
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "WUKONG_TEST_DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database,
        }
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr[-3000:]
        return done

    def python(self, code: str) -> Any:
        """What the last line of its output says."""
        done = self.call("-c", f"import django; django.setup()\n{code}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def manage(self, *command: Any, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.call("manage.py", *map(str, command), check=check)

    def rows(self) -> Any:
        return self.python(ROWS)

    def audited(self) -> Any:
        """The audit log, oldest first: action, name, door."""
        return self.python(
            "import json\nfrom finetune.models import AuditEntry\n"
            "rows = AuditEntry.objects.order_by('pk').values_list('action', 'thing', 'door')\n"
            "print(json.dumps(list(rows)))"
        )

    def files(self) -> dict[str, bytes]:
        """Files that a backup keeps, with their content, but for the paths in it."""
        from wukongsite.backup.contents import entries

        places = re.compile(re.escape(bytes(self.folder.parent)) + rb"/\w+")
        return {
            name: places.sub(b"DATA", path.read_bytes())
            for name, path in entries(self.folder)
            if path.is_file()
        }
