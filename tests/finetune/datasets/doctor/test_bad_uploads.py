"""Every bad upload gets a clear message and leaves nothing behind."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from finetune.datasets.doctor.examination import examine
from finetune.datasets.doctor.options import Options
from finetune.datasets.reading.exceptions import DatasetRefused
from finetune.datasets.reading.limits import Limits
from tests.finetune.datasets.doctor.bad_uploads import BadUpload, bad_uploads

UPLOADS = list(bad_uploads())


def test_there_are_a_hundred_and_their_names_differ() -> None:
    assert len(UPLOADS) >= 100
    assert len({upload.name for upload in UPLOADS}) == len(UPLOADS)


@pytest.mark.parametrize("upload", UPLOADS, ids=lambda upload: upload.name)
def test_bad_upload(upload: BadUpload, tmp_path: Path) -> None:
    path = upload.write(tmp_path / "upload")
    out = tmp_path / "out"
    options = Options(mapping=dict(upload.mapping), limits=Limits(max_line_bytes=1_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if upload.expected.startswith("ok:"):
        report = examine(path, out, options)
        check = upload.expected[3:]
        assert report.problem_counts[check] >= 1
        found = next(problem for problem in report.problems if problem.check == check)
        assert found.line >= 1
        assert found.reason
        assert found.fix
        assert report.dialogues >= 10
        assert sorted(item.name for item in out.iterdir()) == [
            "places",
            "problems.jsonl",
            "report.json",
            "train.jsonl",
            "validation.jsonl",
        ]
        report.to_json().encode("utf-8")
    else:
        with pytest.raises(DatasetRefused) as refused:
            examine(path, out, options)
        assert upload.expected in refused.value.code
        assert len(refused.value.message) > 10
        assert len(refused.value.hint) > 10
        assert not out.exists()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150_000, "more than 150 MB for one bad upload"
