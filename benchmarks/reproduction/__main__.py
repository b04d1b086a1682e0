"""Run the studies of `docs/reproduction.md`, one after the other, from where they were left.

    python -m benchmarks.reproduction [NAME ...] [--most N]

Bases and data are looked for below `var/` (MODELS in `docs/reproduction.md` tells how they come
there). What each run came to goes to `docs/reproduction/NAME.json` as it comes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from typing import Any

from finetune.evaluation.scoring.score import processor
from finetune.files import write_whole
from finetune.studies.design.folder import RESULTS, StudyFolder
from finetune.studies.design.writing import as_markdown
from quantum.threads import wait_passively

from .data import SHARED, prepare
from .places import KEPT, WORK, base_folder
from .tables import TABLES

PROBLEMS = 100


def study_of(name: str) -> StudyFolder:
    """The study's folder; made where it is missing, with the results that are kept."""
    folder, table = WORK / name, TABLES[name]
    if not (folder / "study.json").exists():
        paths = prepare(table.data, WORK / "data")
        files = {f"{part}_file": str(path) for part, path in paths.items()}
        base = {"base_model": str(base_folder(table.base))}
        StudyFolder.make(folder, {**table.values(), **files, **base})
    kept = KEPT / f"{name}.json"
    if kept.exists() and not (folder / RESULTS).exists():
        values = json.loads(kept.read_text())
        (folder / RESULTS).write_text(json.dumps(values["results"]))
        (folder / "scores").mkdir(exist_ok=True)
        for key, scores in values["scores"].items():
            (folder / "scores" / f"{key}.json").write_text(json.dumps(scores))
    return StudyFolder(folder)


def put_problems(name: str, study: StudyFolder) -> None:
    """Ask base and chosen runs the table's problems, once each; strict accuracy. The base twice:
    as the runs were taught, and as its own template has it, with room to reason."""
    if not TABLES[name].problems:
        return
    folder = study.folder / "arithmetic"
    given = ["--data", str(SHARED / TABLES[name].problems), "--limit", str(PROBLEMS)]
    given += ["--train", study.paths["train_file"]]
    runs = [study.run_folder(cell) for cell in study.final_cells()]
    base, short, long = ["--checkpoint", "base"], ["--tokens", "24"], ["--tokens", "256"]
    asked = {
        "base": (runs[0], [*base, *short]),
        "base-template": (runs[0], [*base, *long, "--prompt", "template"]),
        **{run.name: (run, short) for run in runs},
    }
    for stem, (run, more) in asked.items():
        out = folder / f"{stem}.json"
        if not out.exists():
            command = [sys.executable, "-m", "finetune.evaluation", "arithmetic"]
            subprocess.run([*command, str(run), *more, *given, "--out", out], check=True)


def keep(name: str, study: StudyFolder) -> None:
    """Copy what there is into the documentation."""
    KEPT.mkdir(exist_ok=True)
    study.write_results()
    kept = KEPT / f"{name}.json"
    before = json.loads(kept.read_text()) if kept.exists() else {}
    scores = {**before.get("scores", {}), **{k: _short(v) for k, v in study.scores().items()}}
    problems = sorted((study.folder / "arithmetic").glob("*.json"))
    values = {
        "study": TABLES[name].values(),
        "base": TABLES[name].base,
        "data": TABLES[name].data,
        "processor": processor(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "results": json.loads((study.folder / RESULTS).read_text()),
        "scores": scores,
        "arithmetic": {path.stem: json.loads(path.read_text()) for path in problems},
    }
    write_whole(kept, json.dumps(values, indent=1, ensure_ascii=False) + "\n")


def _short(scores: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a file of scores: all that a table reads, and where it was made."""
    rows = [{**row, "nll": round(row["nll"], 4)} for row in scores["dialogues"]]
    names = ("model", "data", "computing", "loss", "perplexity", "accuracy", "tokens")
    return {**{name: scores[name] for name in names if name in scores}, "dialogues": rows}


def main() -> int:
    """Run what is asked for."""
    wait_passively()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reproduction")
    parser.add_argument("names", nargs="*", default=list(TABLES), help=", ".join(TABLES))
    parser.add_argument("--most", type=int, help="runs at most, of each study; 0: score alone")
    parsed = parser.parse_args()
    for name in parsed.names:
        study = study_of(name)

        def told(line: str, name: str = name, study: StudyFolder = study) -> None:
            keep(name, study)
            print(f"{name}: {line}", flush=True)

        done = study.run(told, most=parsed.most)
        scored = study.score(told)
        if done and scored:
            put_problems(name, study)
        keep(name, study)
        print(f"{name}: {'complete' if done else 'more to run'}", flush=True)
        print(as_markdown(study.table()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
