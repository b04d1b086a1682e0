"""Fits what judges messages and replies, and writes it into `chat/safety/heads/`.

python -m chat.safety.fitting       # trains, an hour on an idle core; then sets thresholds
python -m chat.safety.fitting --thresholds    # sets them anew for the committed weights
"""

import argparse
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded

from chat.engine.judging.encoder import NAME, Encoder, model_load
from chat.safety.fitting.changes import changes_save
from chat.safety.fitting.samples import CLASSES, LANGUAGES, samples
from chat.safety.fitting.sentences import examples, sha256_of
from chat.safety.fitting.talk import heard
from chat.safety.fitting.thresholds import Scores, report, thresholds
from chat.safety.fitting.tuning import Network, tuned
from chat.safety.heads.head import FOLDER, KINDS, NEVER, Head, Kind, heads_read, heads_save

ROOT = Path(__file__).resolve().parents[3]
EPOCHS = 3


def main() -> None:
    parser = argparse.ArgumentParser("python -m chat.safety.fitting", description=__doc__)
    parser.add_argument("--encoders", type=Path, default=ROOT / "var" / "encoders")
    parser.add_argument("--public", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the files")
    parser.add_argument("--begin", type=Path, help="folder of heads and changes to go on from")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--thresholds", action="store_true", help="of the weights in --out")
    given = parser.parse_args()
    if not given.thresholds:
        train(given.encoders / NAME, given.public, given.out, given.epochs, given.begin)
    encoder = Encoder(given.encoders / NAME, given.out / "changes")
    for kind in KINDS:
        thresholds_set(kind, encoder, given.public, given.out)


def train(folder: Path, public: Path, out: Path, epochs: int, begin: Path | None) -> None:
    """Writes the changes, and heads without thresholds."""
    trained, _ = samples(public)
    for kind in KINDS:
        some = [each for each in trained if each.kind == kind]
        print(f"{kind}: {len(some)} texts, {sum(not each.classes for each in some)} ordinary")
    tuned(folder, trained, epochs, lambda network: save(network, folder, out), begin)


def save(network: Network, folder: Path, out: Path) -> None:
    for kind in KINDS:
        weights = network.weights(kind)
        limits = dict.fromkeys(CLASSES[kind], NEVER)
        head = Head(
            "", kind, CLASSES[kind], limits, data_sha256(kind), weights.weight, weights.bias
        )
        heads_save(dict.fromkeys(LANGUAGES, head), out)
    kept = changes_save(model_load(folder), network.encoder, out / "changes")
    print(f"kept {100 * kept:.1f} % of what changed in the encoder")


def data_sha256(kind: Kind) -> str:
    return sha256_of([each for language in LANGUAGES for each in examples(language, kind)])


def thresholds_set(kind: Kind, encoder: Encoder, public: Path, out: Path) -> None:
    """From what was left out; prints how much of it is found then."""
    heads = heads_read(out / f"{kind}.safetensors")
    _, all_left_out = samples(public)
    for language, head in heads.items():
        left_out = [each for of, what, each in all_left_out if (of, what) == (language, kind)]

        def judged(texts: Sequence[str], head: Head = head) -> list[Scores]:
            return list(head.scores(encoder.vectors(list(texts), kind)))

        talk = heard(language, public) if kind == "person" else []
        found = thresholds(kind, language, left_out, talk, judged)
        heads[language] = dataclasses.replace(head, thresholds=found)
        print(f"{language} {kind}, {len(talk)} messages heard; left out, middle, high:")
        for name, counts in sorted(report(kind, heads[language], left_out, judged).items()):
            print(f"  {name}: {counts[0]}, {counts[1]}, {counts[2]}")
    print(f"{heads_save(heads, out)}")


if __name__ == "__main__":
    main()
