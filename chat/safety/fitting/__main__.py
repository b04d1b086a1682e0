"""`python -m chat.safety.fitting --language en --kind person`: fits a head, writes its file."""

import argparse
from pathlib import Path

from chat.safety.fitting.fit import head_fit
from chat.safety.fitting.recipes import recipe_get
from chat.safety.fitting.sentences import examples
from chat.safety.heads.head import FOLDER, KINDS

ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m chat.safety.fitting", description=__doc__)
    parser.add_argument("--language", required=True)
    parser.add_argument("--kind", required=True, choices=KINDS)
    parser.add_argument("--encoders", type=Path, default=ROOT / "var" / "encoders")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the file")
    given = parser.parse_args()
    sentences = examples(given.language, given.kind)
    head = head_fit(recipe_get(given.language, given.kind), given.encoders, sentences)
    path = head.save(given.out)
    print(f"{path}: {len(sentences)} sentences, classes {', '.join(head.classes)}")
    for name, each in head.thresholds.items():
        print(f"  {name}: middle from {each.middle:.3f}, high from {each.high:.3f}")


if __name__ == "__main__":
    main()
