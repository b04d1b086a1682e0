"""What is not enough alone in Indonesian, but is within a few turns: a means at hand, and despair."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.rule import SUICIDE, rule

MEANS = rule(
    "suicide.means_id",
    SUICIDE,
    r"""\bobat\ tidur\b|\btali\b|\brel\ kereta\b|\batap\ gedung\b|\bjembatan\b|\bsurat\ buat\ (?:ibu|keluarga)""",
)
DESPAIR = rule(
    "suicide.despair_id",
    SUICIDE,
    r"""\b(?:nggak|gak|udah\ nggak)\ (?:ada\ gunanya|kuat)|\bselamat\ tinggal\b|\bpercuma\b|\bcapek\ banget\b|\bready\ to\ go\b""",
    negatable=False,
)
