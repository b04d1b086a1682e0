"""Rules on what people do to each other, in English: harm intended, abuse suffered."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.rule import ABUSE, LAUGHTER, OTHERS, PERSON, TARGET, rule

OTHERS_RULES = [
    rule(
        "harm_to_others.intent",
        OTHERS,
        rf"""\b(?:i'm|i\ am|im|i|i'll|i\ will|i\ swear\ i'll)\ (?:\w+\ ){{0,3}}?
            (?:kill|killing|stab|stabbing|shoot|shooting|murder|murdering|strangle|poison|attack)\ {TARGET}\b
            |\b(?:i'm|i\ am|im)\ (?:going\ to|gonna|about\ to)\ (?:hurt|beat)\ {TARGET}
            |\bi\ (?:want|wanna|plan|need|intend)\ (?:to\ )?(?:really\ )?(?:hurt|beat)\ (?:\w+\ ){{0,1}}{TARGET}
            |\b(?:thoughts|urges?|fantasies)\ (?:of|about|to)\ (?:hurt|kill|stab|harm)(?:ing)?\ {TARGET}
            |\b(?:brought|bring|bringing|got|carry|carrying|have)\ a\ (?:knife|gun)\ (?:in\ my\ bag|to\ (?:school|work|class)|in\ my\ (?:pocket|backpack|car))
            |\bburn\ (?:down\ )?(?:his|her|their|the)\ (?:house|car|home|school)(?:\ down)?""",
        unless=rf"""{LAUGHTER}|shoot\ (?:him|her|them)\ an?\ |kill\ (?:for|time|it)|if\ (?:he|she|they)\ (?:eats?|finds?|spoils?|forgets?|is\ late)
            |video\ game|in\ (?:the|this)\ game|chess|i\ could\ (?:have\ )?(?:just\ )?(?:kill|murder|strangle)|kitchen\ knife|i\ (?:could|would)\ never|love\ (?:him|her|them)\ to\ (?:bits|death)""",
    ),
]

ABUSE_RULES = [
    rule(
        "abuse.violence",
        ABUSE,
        rf"""\b{PERSON}(?:'s)?\ (?:\w+\ ){{0,3}}?(?:hits?|hitting|beats?|beating|punch(?:es|ed|ing)?|slap(?:s|ped|ping)?|chok(?:es?|ed|ing)
            |strangl(?:es?|ed|ing)|kick(?:s|ed|ing)?|rap(?:es?|ed|ing)|molest(?:s|ed|ing)?|hurts|shov(?:es|ed)|burn(?:s|ed))
            \ (?:me|us|my\ (?:mom|mum|mother|brother|sister|kids?|son|daughter|little\ \w+))\b
            (?!\ (?:up\b|with\ (?:a|the|another)|at\b|to\ (?:it|the)|out\b|in\ (?:chess|a\ game|the\ game)|by\ \w+\ points|on\ the\ back|off\b|like\ a\ ton))
            |\b{PERSON}\ (?:\w+\ ){{0,2}}?(?:threatened|threatens|threatening)\ to\ (?:kill|hurt|beat|stab|shoot)\ (?:me|us|my)
            |\b{PERSON}\ (?:\w+\ ){{0,2}}?(?:hit|beat)\ (?:me|us|my\ (?:mom|mum|mother|brother|sister|kids?))\b
            (?!\ (?:up\b|with\ (?:a\ (?:question|bill|joke))|at\b|to\ (?:it|the)|in\ (?:chess|a\ game|the\ game|the\ race)|by\b|again\ at|on\ (?:facebook|insta)|with\ the\ news))
            |\b{PERSON}\ (?:\w+\ ){{0,2}}?(?:touches|touched|touching)\ me\ (?:there|inappropriately|sexually|at\ night|down|when\ i)""",
        unless=rf"{LAUGHTER}|mario|chess|ping\ ?pong|tennis|karate|sparring|pillow\ fight",
    ),
    rule(
        "abuse.assault",
        ABUSE,
        r"""\b(?:i\ was|i\ got|i've\ been|was\ just|i\ have\ been|being|been)\ (?:just\ )?(?:being\ )?(?:raped|sexually\ (?:assaulted|abused|harassed)|molested|groped|gang[\ -]?raped|beaten\ (?:up|by\ (?:my|him|her|them|a)))\b
            |\b(?:abusive|violent)\ (?:relationship|marriage|husband|wife|partner|boyfriend|girlfriend|father|dad|mother|mom|mum|home|stepfather|stepdad)\b
            |\bdomestic\ (?:violence|abuse)\b|\b(?:scared|afraid|terrified)\ (?:of|that)\ (?:my\ )?(?:husband|wife|boyfriend|partner|dad|father|stepdad|stepfather|he)\ (?:will|might|would|is\ going\ to)\ (?:hurt|kill|hit|beat)
            |\b(?:locked|locks)\ me\ (?:in|up|inside)\b""",
        unless=r"\b(?:movie|novel|film|lecture|course|class\ on|thesis\ on|my\ paper)\b|(?:like|as\ if)\ i\ was\ beaten",
    ),
]
