"""Rules on what a person writes in Indonesian, most urgent first."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.rule import ABUSE, OTHERS, SELF_HARM, SUICIDE, rule

EMERGENCY = [
    rule(
        "emergency.overdose_id",
        SELF_HARM,
        r"""\b(?:nelen|minum|telan)\b[^.]{0,20}(?:\d+\ butir|kebanyakan|racun)|\boverdosis\b""",
        card="emergency",
    ),
    rule(
        "emergency.bleeding_id",
        SELF_HARM,
        r"""(?:potong|iris|sayat)\ tangan(?:ku|\ aku)""",
        card="emergency",
    ),
    rule("emergency.medical_id", SELF_HARM, r"\bpanggil\w*\ ambulans", card="emergency"),
]

RULES = [
    rule(
        "suicide.id",
        SUICIDE,
        r"""\bbunuh\ diri|\b(?:mau|pengen|ingin|pingin|mending|biarin)\ (?:aku\ |saya\ |aja\ )?mati\b|\bmati\ aja\b
            |\b(?:ng|meng)?akhiri\ (?:hidup|semua|semuanya)\w*|\btidur\ selamanya\b
            |\bgantung\ diri\b|\bminum\ racun\b|\bracun\ (?:tikus|serangga)|\bsurat\ wasiat\b|\btenang\ selamanya\b
            |\b(?:loncat|lompat)\ (?:dari|pas|biar)\b|\baku\ yang\ (?:ilang|hilang)\b|\bcapek\ (?:banget\ )?hidup\b
            |\bselesai\ semua(?:nya)?\b|\bsatu\ langkah\ lagi\b""",
        unless=r"takut\ mati|wkwk|haha|basmi",
    ),
    rule(
        "suicide.id_passive",
        SUICIDE,
        r"""\b(?:nggak|gak|tidak|ga)\ (?:usah\ |mau\ )?bangun\ lagi""",
        negatable=False,
    ),
    rule(
        "self_harm.id",
        SELF_HARM,
        r"""\b(?:ngelukain|melukai|nyakitin|nyayat|menyayat|sayat|ngiris)\ (?:diri|tangan|lengan|badan)\w*
            |\b(?:jedotin|benturin|membenturkan)\ kepala|\bnyulut\ rokok\ ke\b|\b(?:butuh|perlu)\ luka\ fisik|\bsakit\ fisik\b""",
    ),
    rule(
        "harm_to_others.id",
        OTHERS,
        r"""\b(?:bakal|mau|akan|harus|ingin|pengen)\ (?:aku\ )?(?:tusuk|nusuk|bunuh|bacok|bakar|habisi)\ (?:dia|mereka|motor|rumah|si\b|semua)
            |\bbawa\ (?:pisau|golok|bensin)\b""",
        unless=r"wkwk|haha|dapur|masak|bercanda",
    ),
    rule(
        "abuse.id",
        ABUSE,
        r"""\b(?:nampar|mukulin|mukul|tampar|nendang|memukul|menampar|memperkosa|perkosa)\ (?:aku|saya|ibu)\b|\bngance?m\ mau\b|\bdiperkosa\b|\bdilecehkan\b
            |\bngunci\ aku\b|\b(?:takut|scared)\b[^.]{0,20}\bpulang\ ke\ rumah\b""",
        unless=r"wkwk|haha",
    ),
]
