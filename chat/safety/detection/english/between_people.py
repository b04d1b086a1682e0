"""Rules on what people do to each other, in English: harm intended, abuse suffered."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.english.words import STORY, en
from chat.safety.detection.rule import ABUSE, LAUGHTER, OTHERS, PERSON, TARGET

OTHERS_RULES = [
    en(
        "harm_to_others.intent",
        OTHERS,
        rf"""\b(?:i'm|i\ am|im|i|i'll|i\ will|i\ swear\ i'll)\ (?:\w+\ ){{0,3}}?
            (?:kill|killing|stab|stabbing|shoot|shooting|murder|murdering|strangle|poison|attack)\ {TARGET}\b
            |\b(?:i'm|i\ am|im)\ (?:going\ to|gonna|about\ to)\ (?:hurt|beat)\ {TARGET}
            |\bi\ (?:want|wanna|plan|need|intend)\ (?:to\ )?(?:really\ )?(?:hurt|beat)\ (?:\w+\ ){{0,1}}{TARGET}
            |\b(?:thoughts|urges?|fantasies)\ (?:of|about|to)\ (?:hurt|kill|stab|harm)(?:ing)?\ {TARGET}
            |\b(?:brought|bring|bringing|got|carry|carrying|have)\ a\ (?:knife|gun)\ (?:in\ my\ bag|to\ (?:school|work|class)|in\ my\ (?:pocket|backpack|car))
            |\bi(?:'ve|\ have)?\ (?:hit|beaten|beat|shook|choked|slapped|hurt)\ my\ (?:kid|son|daughter|baby|child|wife|girlfriend|gf|boyfriend|husband)\b(?!.{0, 12}\b(?:at|in)\ (?:chess|tennis|a\ game))|\b(?:smother|strangl|poison|stab|choke|shak|hurt|push)\w*\ (?:my|the)\ (?:own\ )?(?:baby|child|kids?|little\ brother|husband's\ food|mother)\b(?=.*\b(?:think|urge|want|when\ (?:s?he|they)|going|one\ of\ these)\b)?|\b(?:put|putting)\ a\ (?:bullet|blade|knife)\ (?:in|into|through)\ (?:him|her|them|my|his|their)|\b(?:taking|bring\w*|come\ back\ with|back\ with)\ (?:\w+\ ){0, 3}?(?:gun|knife|rifle|machete|axe|weapon)\b(?=.*\b(?:school|work|regret|place|party|back|them|him|her|over)\b)|\b(?:won't|will\ not)\ leave\ alive\b|\bshoot\ (?:up\ )?(?:this\ place|the\ (?:school|place|office)|everyone)|\brun\ (?:him|her|them)\ over\b|\b(?:with|got)\ (?:the|a)\ (?:axe|machete)\b|\b(?:list\ of\ (?:the\ )?people)\b.{0, 20}\bdead\b|\b(?:want|wanna)\ to\ see\ (?:him|her|them)\ (?:bleed|suffer|die)\b|\bset\ fire\ to\ (?:the|his|her|their)\b|\bdie\ tonight\ and\ it\ won't\ be\ me|\btake\ as\ many\b.{0, 20}\bwith\ me\b|\bburn\ (?:down\ )?(?:his|her|their|the)\ (?:house|car|home|school)(?:\ down)?""",
        unless=rf"""{LAUGHTER}|shoot\ (?:him|her|them)\ an?\ |kill\ (?:for|time|it)|if\ (?:he|she|they)\ (?:eats?|finds?|spoils?|forgets?|is\ late)
            |video\ game|in\ (?:the|this)\ game|chess|i\ could\ (?:have\ )?(?:just\ )?(?:kill|murder|strangle)|kitchen\ knife|i\ (?:could|would)\ never|love\ (?:him|her|them)\ to\ (?:bits|death)""",
    ),
]

ABUSE_RULES = [
    en(
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
        unless=rf"{LAUGHTER}|{STORY}|joke|toddler|tired,\ is\ that|as\ a\ child|judo|mario|chess|ping\ ?pong|tennis|karate|sparring|pillow\ fight",
    ),
    en(
        "abuse.assault",
        ABUSE,
        r"""\b(?:i\ was|i\ got|i've\ been|was\ just|i\ have\ been|being|been)\ (?:just\ )?(?:being\ )?(?:raped|sexually\ (?:assaulted|abused|harassed)|molested|groped|gang[\ -]?raped|beaten\ (?:up|by\ (?:my|him|her|them|a)))\b
            |\b(?:abusive|violent)\ (?:relationship|marriage|husband|wife|partner|boyfriend|girlfriend|father|dad|mother|mom|mum|home|stepfather|stepdad)\b
            |\bdomestic\ (?:violence|abuse)\b|\b(?:scared|afraid|terrified)\ (?:of|that)\ (?:my\ )?(?:husband|wife|boyfriend|partner|dad|father|stepdad|stepfather|he)\ (?:will|might|would|is\ going\ to)\ (?:hurt|kill|hit|beat)
            |\b(?:locked|locks)\ me\ (?:in|up|inside|out\ on)\b|\bi(?:'m|\ am)\ (?:locked\ (?:in|out)|being\ held)\b.{0,50}\b(?:he|she|they|my)\b|\b(?:he|she|they|my\ \w+)\ (?:\w+\ )?(?:grabbed|grabs|holds?|held|pushed|pushes|pinned|twists?|dragged|drags|squeezed|throws?\ things\ at|whips?|bit|bites|burned|burns|threw)\ (?:me\ (?:by\ the|down|against|into|to\ the)|my\ (?:arm|neck|throat|hair|wrist|hand)|me\ with|things\ at\ me)\b|\b(?:held|put)\ a\ (?:knife|gun)\ (?:to|on|against)\ (?:me|my)\b|\b(?:force[sd]?|makes?|made|forcing)\ me\ (?:to\ )?(?:have\ sex|do\ (?:stuff|things)|undress|touch|sleep\ with|send)\b|\b(?:comes?|gets?|came)\ in(?:to)?\ my\ (?:room|bed)\b(?=.*\b(?:night|bed|boyfriend|stepdad|uncle|dad|he)\b)|\btouch(?:es|ed|ing)?\ me\ (?:under|and|where|in\ the|there)\b|\b(?:drugged|roofied|put\ something\ in\ my\ drink)\b|\b(?:he|she|they|who|my\ \w+)\ (?:said|says|swore|threatened|threatens|swears)\b.{0,20}\b(?:kill|finish|end|hurt|burn)\ (?:me|us|my\ (?:kids|children|family)|the\ (?:kids|children))\b|\b(?:scared|afraid|terrified)\ to\ (?:go|be)\ (?:home|at\ home)\b|\bgoing\ to\ kill\ me\ (?:one\ day|if\ i\ leave|tonight)\b|\b(?:took|takes|keeps|hides|has)\ my\ (?:passport|papers|bank\ card|phone\ and|keys\ and)\b|\bnot\ allowed\ (?:out|to\ (?:leave|see\ (?:my|anyone)|go\ out|work))\ (?:without|unless|because)\b.{0,30}\b(?:him|her|he|she|permission|husband)|\bpost\ my\ (?:photos|pictures|nudes)\b|\bsends?\ my\ nudes\b|\b(?:promised|marry|married\ off)\b.{0,30}\b(?:never\ met|to\ a\ \d\d\ year\ old|older\ man|against\ my)|\b(?:beat|beats|beaten|hit|hits)\ (?:me\ )?(?:up\ )?(?:after\ class|behind\ the|every\ day|with\ (?:a|the|his|her)\ (?:belt|stick|cable|broom|charger|shoe|phone))|\b(?:beat|hurts|hits)\ me\b(?=.*\b(?:daddy|dad|mom|mum|uncle|stepdad|husband|wife|son|carer)\b)|\bhe\ reads\ my\ messages\b.{0,24}|\braped\ (?:me|last|by|at)\b|\bi\ was\ (?:drugged\ and\ )?raped\b""",
        unless=r"\b(?:movie|novel|film|lecture|course|class\ on|thesis\ on|my\ paper)\b|(?:like|as\ if)\ i\ was\ beaten",
    ),
]
