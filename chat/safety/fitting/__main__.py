"""`python -m chat.safety.fitting --language en --kind person`: fits a head, writes its file."""

import argparse
from pathlib import Path

from chat.safety.fitting.features import KeptFeatures
from chat.safety.fitting.fit import Talk, head_fit
from chat.safety.fitting.recipes import recipe_get
from chat.safety.fitting.sentences import examples
from chat.safety.fitting.talk import talk_of
from chat.safety.heads.head import FOLDER, KINDS

ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m chat.safety.fitting", description=__doc__)
    parser.add_argument("--language", required=True)
    parser.add_argument("--kind", required=True, choices=KINDS)
    parser.add_argument("--encoders", type=Path, default=ROOT / "var" / "encoders")
    parser.add_argument("--public", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--kept", type=Path, default=ROOT / "var" / "fitting")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the file")
    given = parser.parse_args()
    sentences = examples(given.language, given.kind)
    recipe = recipe_get(given.language, given.kind)
    talk = talk_of(given.language, given.public) if given.kind == "person" else Talk()
    print(f"{len(talk.fitted)} calm texts beside them, {len(talk.messages)} for thresholds")
    vectors = KeptFeatures(recipe.features, given.encoders, given.kept)
    head = head_fit(recipe, sentences, talk, vectors)
    path = head.save(given.out)
    print(f"{path}: {len(sentences)} sentences, classes {', '.join(head.classes)}")
    for name, each in head.thresholds.items():
        print(f"  {name}: middle from {each.middle:.3f}, high from {each.high:.3f}")


if __name__ == "__main__":
    main()
