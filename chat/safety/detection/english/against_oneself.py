"""Rules on what a person does to themselves, in English: an emergency, suicide, self-harm."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.rule import LAUGHTER, SELF, SELF_HARM, SUICIDE, rule

EMERGENCY = [
    rule(
        "emergency.overdose",
        SELF_HARM,
        r"""\b(?:took|taken|swallowed|downed)\b[^.]{0,25}?
            (?:too\ many|all\ (?:of\ )?(?:my|the)|\d{1,3}|a\ (?:whole\ )?(?:bottle|handful|bunch)(?:\ of)?
            |the\ (?:whole|entire)\ bottle(?:\ of)?|ten|twenty|thirty|fifty)\s*(?:of\ )?(?:my\ |the\ )?
            (?:\w+\ )?(?:pills|tablets|sleeping|painkillers|paracetamol|tylenol|antidepressants|meds)
            |\bi\ (?:just\ |have\ |might\ have\ |think\ i\ )?overdosed\b|\bi'm\ overdosing\b""",
        unless=r"vitamin|as\ prescribed|years?\ ago|for\ (?:my|the)\ (?:headache|cold|flu)",
        card="emergency",
    ),
    rule(
        "emergency.bleeding",
        SELF_HARM,
        r"""\bi\ (?:just\ )?(?:cut|slit|slashed)\ my\ (?:wrists?|arms?|throat)""",
        unless=r"cooking|kitchen|chopping|shaving|by\ accident|accidentally",
        card="emergency",
    ),
    rule(
        "emergency.medical",
        SELF_HARM,
        r"""\b(?:call|calling|need|send)\ (?:me\ )?an?\ ambulance""",
        unless=r"\b(?:wee-woo|siren|last\ (?:year|month|week)|years?\ ago)\b",
        card="emergency",
    ),
]

SUICIDE_RULES = [
    rule(
        "suicide.explicit",
        SUICIDE,
        rf"""\b(?:kill|killing|hang|hanging|shoot|shooting|drown|drowning|unalive|unaliving)\ {SELF}\b
            |\bunalive\b|\bk1ll\ {SELF}
            |\b(?:end|ending|take|taking)\ (?:my\ (?:own\ )?life|it\ all)\b
            |\b(?:commit|committing|attempt|attempted|considering|contemplating|thinking\ (?:about|of)
            |think\ (?:about|of)|thoughts\ (?:about|of)|plan(?:ning)?|want)\ (?:a\ |of\ )?(?:suicide|sewerslide)\b
            |\b(?:i'm|i\ am|im|i\ feel|i've\ been|feeling|being|getting|been)\ (?:so\ |very\ |really\ |a\ bit\ |kind\ of\ )?suicidal\b
            |\bsuicidal\ (?:thoughts?|ideation|urges?|again|tonight)\b
            |\bsuicide\ (?:note|plan)\b|\bgoodbye\ (?:letters?|notes?)\b
            |(?<!\d)(?<!\d\ )\bkms\b(?!\ (?:away|from|per))""",
        unless=rf"{LAUGHTER}|suicide\ squad|suicide\ prevention|prevent(?:ing)?\ suicide",
    ),
    rule(
        "suicide.wish",
        SUICIDE,
        r"""\b(?:want|wanna|wants|wanted|wish|wishing|ready|need|like|rather|better|deserve|hoping|hope)
            \ (?:to\ |i\ (?:could|would|was|were|am)\ |i'm\ )?(?:just\ |finally\ |all\ )?(?:be\ )?(?:die|dead)\b
            |\b(?:think(?:ing)?|fantasi[sz]e|dream(?:ing)?|daydream(?:ing)?)\ (?:about|of)\ (?:dying|my\ (?:own\ )?death|being\ dead|jumping\ off|jumping\ in\ front)\b
            |\bworth\ more\ dead\b|\bi(?:'d|\ would)\ (?:rather|sooner)\ be\ dead\b
            |\bhope\ (?:a|the|some)\ (?:car|bus|truck|train|accident)\b
            |\b(?:feels?\ like|wonder\ (?:what|how)[\w\ ]*)\ to\ jump\b""",
        unless=rf"""{LAUGHTER}|\bdie\ (?:of|from)\ (?:laugh|embarrass|boredom|shame|curiosity|hunger|heat|cold)
            |die\ laughing|to\ die\ for|die\ hard|embarrass|mortif|cring|so\ cute|battery|phone|in\ (?:the|this)\ game|boss\ fight|level
            |dead\ (?:end|line|lift|inside\ lol|tired)|dead\ (?:last|wrong|serious|sure)""",
    ),
    rule(
        "suicide.passive",
        SUICIDE,
        r"""\b(?:don't|dont|do\ not|didn't|never|not)\ (?:really\ |even\ )?(?:want|wanna|wanting)\ (?:to\ )?
            (?:be\ (?:here|alive|around)(?!\ (?:for|when|at|today|tonight|this))|live(?!\ (?:in|with|at|here|there|near|alone|like|on|off))|exist|go\ on\ living|wake\ up\b(?!\ (?:early|at|late|so|before)))
            |\b(?:tired|sick|exhausted|done)\ (?:of|with)\ (?:living|being\ alive|life\ itself|existing)\b
            |\b(?:no|not\ any|don't\ have\ a|without\ a|any)\ (?:reason|point|purpose)\ (?:to|in|for)\ (?:live|living|go\ on|going\ on|be\ alive|being\ alive)\b
            |\b(?:can't|cannot|cant|couldn't)\ (?:go\ on|keep\ going|live)\ (?:like\ this\ )?(?:any\ ?more|any\ longer|with\ this)
            |\b(?:better\ off|happier|easier|relieved)\ (?:if\ i\ (?:was|were|wasn't|weren't|died|disappeared)|without\ me)\b
            |\b(?:miss|notice|care|sad|cry)\b[\w\ ]{0,12}\bif\ i\ (?:was|were|am|wasn't|weren't|died|disappeared|was\ gone|wasnt)\ ?(?:n't|not|here|gone|dead|anymore|around)?
            |\b(?:go\ to|fall\ a?sleep|falling\ a?sleep|sleep)\ (?:and\ (?:never|not)\ wake|forever)
            |\bnever\ wak(?:e|ing)\ up\ (?:again)?|\bto\ never\ wake\ up
            |\bwish\ i\ (?:could|would)\ (?:just\ )?(?:disappear|vanish|cease|stop\ existing)\b(?!\ for\ (?:a|the)|\ into)
            |\bwant\ to\ (?:just\ )?(?:disappear|vanish)\ (?:forever|for\ good|from\ this\ world)
            |\b(?:this|it)\ is\ the\ only\ way\ out\b|\bready\ to\ go\ tonight\b
            |\bwish\ (?:i\ (?:was|were|had)(?:\ never\ been|n't\ been|\ never|n't)\ born|i'd\ never\ been\ born)
            |\blife\ (?:is\ not|isn't|is\ no\ longer)\ worth\ (?:living|it)\b""",
        unless=rf"{LAUGHTER}|monday|vacation|holiday\ to\ end|alarm",
        negatable=False,
    ),
    rule(
        "suicide.other_person",
        SUICIDE,
        r"""\b(?:wants?|wanted|going|gonna|plans?|planning|threaten(?:s|ed|ing)|tried|trying|talks?\ about|talking\ about)
            \ (?:to\ )?(?:kill(?:ing)?\ (?:himself|herself|themsel(?:f|ves))
            |end(?:ing)?\ (?:his|her|their)\ (?:own\ )?life|tak(?:e|ing)\ (?:his|her|their)\ own\ life|suicide)\b""",
        unless=r"\b(?:movie|novel|film|book|episode)\b",
    ),
]

SELF_HARM_RULES = [
    rule(
        "self_harm.explicit",
        SELF_HARM,
        rf"""\b(?:hurt|hurting|harm|harming|cut|cutting|burn|burning|punish|punishing|starve|starving|hit|hitting|scratch|scratching)\ {SELF}\b
            |\bself[\ -]?harm(?:ing|ed)?\b|\bi(?:'ve|\ have)?\ (?:been|started|keep|kept)\ cutting\b(?!\ (?:back|down|out|off|class|corners|the|carbs|weight|my\ (?:hair|hours)))
            |\b(?:clean|relapsed?)\ (?:from|on|into|with)\ (?:cutting|self)|\b(?:urge|want|wanna|need|start|started|stop)\ (?:to\ )?(?:cut|cutting)\ (?:again|tonight|my\ (?:arms?|wrists?|legs?|thighs?|skin))
            |\b(?:want|need|going)\ to\ (?:burn|cut|scratch|break)\ my\ (?:own\ )?(?:arms?|wrists?|hands?|legs?|skin|fingers)
            |\b(?:scratching|cutting|burning|biting)\ my\ (?:arms?|wrists?|legs?|thighs?|skin)\b
            |\bcut\ it\ out\ myself|\bbang(?:ing)?\ my\ head\ (?:against|on|into)\ (?:the|a)\ wall\ (?:until|so|to|again)""",
        unless=rf"{LAUGHTER}|shaving|by\ accident|accidentally|gym|workout|cooking|sunburn|mosquito|eczema|some\ slack|a\ (?:piece|slice)",
    ),
    rule(
        "self_harm.eating",
        SELF_HARM,
        r"""\b(?:haven't|have\ not|havent)\ eaten\ (?:anything\ )?(?:in|for)\ (?:\d+|two|three|four|five|six)\ days
            |\brather\ die\ thin\b|\bmake\ myself\ (?:throw\ up|sick|vomit)\b|\bmaking\ myself\ (?:throw\ up|sick|vomit)\b""",
        unless=r"stomach\ (?:bug|flu)|ramadan|surgery",
        negatable=False,
    ),
]
