"""Rules on what a person does to themselves, in English: an emergency, suicide, self-harm."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.english.words import STORY, en
from chat.safety.detection.rule import LAUGHTER, SELF, SELF_HARM, SUICIDE

EMERGENCY = [
    en(
        "emergency.overdose",
        SELF_HARM,
        r"""\b(?:took|taken|swallowed|downed)\b[^.]{0,25}?
            (?:too\ many|all\ (?:of\ )?(?:my|the)|\d{1,3}|a\ (?:whole\ )?(?:bottle|handful|bunch)(?:\ of)?
            |the\ (?:whole|entire)\ bottle(?:\ of)?|ten|twenty|thirty|fifty)\s*(?:of\ )?(?:my\ |the\ )?
            (?:\w+\ )?(?:pills|tablets|sleeping|painkillers|paracetamol|tylenol|antidepressants|meds)
            |\bi\ (?:just\ |have\ |might\ have\ |think\ i\ )?overdosed\b|\bi'm\ overdosing\b""",
        unless=r"overdosed\ on\ (?!my|pills|meds|the)|vitamin|as\ prescribed|years?\ ago|for\ (?:my|the)\ (?:headache|cold|flu)",
        card="emergency",
    ),
    en(
        "emergency.bleeding",
        SELF_HARM,
        r"""\bi\ (?:just\ )?(?:cut|slit|slashed)\ my\ (?:wrists?|arms?|throat)""",
        unless=r"cooking|kitchen|chopping|shaving|by\ accident|accidentally",
        card="emergency",
    ),
    en(
        "emergency.medical",
        SELF_HARM,
        r"""\b(?:call|calling|need|send)\ (?:me\ )?an?\ ambulance""",
        unless=r"\b(?:wee-woo|siren|last\ (?:year|month|week)|years?\ ago)\b",
        card="emergency",
    ),
]

SUICIDE_RULES = [
    en(
        "suicide.explicit",
        SUICIDE,
        rf"""\b(?:kill|killed|killing|hang|hanging|shoot|shooting|drown|drowning|unalive|unaliving)\ {SELF}\b
            |\bunalive\b|\bk1ll\ {SELF}
            |\b(?:end|ending|take|taking)\ (?:my\ (?:own\ )?life|it\ all)\b|\bsui(?:cide)?\ (?:calms|is\ (?:all|the\ only|on\ my))|\b(?:kill|end)\ yourself\ kind\ of|\btells?\ me\ to\ (?:kill\ myself|die|end\ it)
            |\b(?:commit|committing|attempt|attempted|considering|contemplating|thinking\ (?:about|of)
            |think\ (?:about|of)|thoughts\ (?:about|of)|plan(?:ning)?|want)\ (?:a\ |of\ )?(?:suicide|sewerslide)\b
            |\b(?:i'm|i\ am|im|i\ feel|i've\ been|feeling|being|getting|been)\ (?:so\ |very\ |really\ |a\ bit\ |kind\ of\ )?suicidal\b
            |\bsuicidal\ (?:thoughts?|ideation|urges?|again|tonight)\b
            |\bsuicide\ (?:note|plan)\b|\bgoodbye\ (?:letters?|notes?)\b
            |(?<!\d)(?<!\d\ )\bkms\b(?!\ (?:away|from|per))""",
        unless=rf"{LAUGHTER}(?!.*\b(?:unless|no\ but|really|but\ also)\b)|{STORY}|suicide\ squad|suicide\ prevention|prevent(?:ing)?\ suicide",
    ),
    en(
        "suicide.wish",
        SUICIDE,
        r"""\b(?:want|wanna|wants|wanted|wish|wishing|ready|need|like|rather|better|deserve|hoping|hope)
            \ (?:to\ |i\ (?:could|would|was|were|am)\ |i'm\ )?(?:just\ |finally\ |all\ )?(?:be\ )?(?:die|dead)\b
            |\b(?:think(?:ing)?|fantasi[sz]e|dream(?:ing)?|daydream(?:ing)?)\ (?:about|of)\ (?:dying|my\ (?:own\ )?death|being\ dead|jumping\ off|jumping\ in\ front)\b
            |\b(?:should|could|might|gonna|going\ to|to)\ (?:just\ )?(?:die\ (?:today|tonight|already|soon)|be\ dead)\b|\bi\ should\ (?:just\ )?die\b|\bi\ (?:want|wanna|need)\ (?:2|to)?\ ?(?:be\ )?(?:die|ded|dead)\b|\b(?:dying|death|being\ dead)\ (?:sounds|seems|looks|feels|would\ be|keeps\ looking)\ (?:so\ |like\ |more\ |the\ |pretty\ |very\ )*(?:peaceful|nice|good|great|better|best|easier|easy|inviting|reasonable|rest|relief|a\ relief|the\ best|appealing)|\bworth\ more\ dead\b|\blook(?:ing)?\ forward\ to\ (?:dying|death)\b|\bhoping?\ (?:my\ heart\ (?:just\ )?stops|i\ (?:get|have)\ (?:cancer|some\ illness))|\bpray\w*\b.{0,24}\b(?:takes?\ me|tomorrow\ doesn't|i\ die)\b|\bi(?:'d|\ would)\ (?:rather|sooner)\ be\ dead\b
            |\bhope\ (?:a|the|some)\ (?:car|bus|truck|train|accident)\b
            |\b(?:feels?\ like|wonder\ (?:what|how)[\w\ ]*)\ to\ jump\b""",
        unless=rf"""{LAUGHTER}(?!.*\b(?:no\ but|really|seriously|most\ days|by\ \w+)\b)|{STORY}|pineapple|\bthan\ eat\b|\bdie\ (?:of|from)\ (?:laugh|embarrass|boredom|shame|curiosity|hunger|heat|cold)
            |die\ laughing|to\ die\ for|die\ hard|embarrass|mortif|cring|so\ cute|battery|phone|in\ (?:the|this)\ game|boss\ fight|level
            |dead\ (?:end|line|lift|inside\ lol|tired)|dead\ (?:last|wrong|serious|sure)""",
    ),
    en(
        "suicide.passive",
        SUICIDE,
        r"""\b(?:don't|dont|do\ not|didn't|never|not)\ (?:really\ |even\ )?(?:want|wanna|wanting)\ (?:to\ )?
            (?:be\ (?:here|alive|around)(?!\ (?:for|when|at|today|tonight|this))|live(?!\ (?:in|with|at|here|there|near|alone|like|on|off))|exist|go\ on\ living|wake\ up\b(?!\ (?:early|at|late|so|before)))
            |\b(?:tired|sick|exhausted|done)\ (?:of|with)\ (?:living|being\ alive|life\ itself|existing)\b
            |\btired\ of\ breathing\b|\b(?:don't|dont)\ see\ (?:myself|a\ reason)\ (?:living|to\ (?:live|stay\ alive))|\bpoint\ (?:of|in)\ (?:staying\ alive|living|being\ alive)\b|\bwhy\ am\ i\ (?:still\ )?(?:alive|here\ on\ earth|breathing)\b|\b(?:wish|if)\ i\ (?:wasn't|wasnt|weren't|was\ not)\ alive\b|\b(?:won't|wouldn't|wouldnt)\ (?:mind|care)\ if\ (?:i\ (?:died|didn't\ wake|never\ woke)|(?:a|the|my)\ (?:bus|car|truck|plane|train)\b.{0,12}(?:hit|crash|ran))|\bif\ a\ (?:bus|car|truck)\ hit\ me\b|\b(?:no|not\ any|don't\ have\ a|without\ a|any)\ (?:reason|point|purpose)\ (?:to|2|in|for)\ (?:live|living|go\ on|going\ on|be\ alive|being\ alive)\b
            |\b(?:can't|cannot|cant|couldn't)\ (?:go\ on|keep\ going|live)\ (?:like\ this\ )?(?:any\ ?more|any\ longer|with\ this)
            |\b(?:better\ off|happier|easier|lighter|relieved|better\ place|peace)\ (?:if\ i\ (?:was|were|wasn't|weren't|died|disappeared|took\ myself)|without\ me|when\ i'm\ (?:gone|dead)|dead\b)|\bbetter\ off\ dead\b|\b(?:never|not)\ wake\ up\b(?=.{0,10}$|.{0,24}\b(?:tomorrow|again|one\ of))|\b(?:just\ )?(?:didn't|don't|doesn't)\ wake\ up\b(?!\ (?:early|at|late|so|before|on\ time|to\ (?:the|my)))|\bstop\ existing\b|\bnot\ exist\b|\bnever\ been\ born\b|\bgone\ for\ good\b(?=.*\bi\b)
            |\b(?:miss|notice|care|sad|cry)\b[\w\ ]{0,12}\bif\ i\ (?:was|were|am|wasn't|weren't|died|disappeared|was\ gone|wasnt)\ ?(?:n't|not|here|gone|dead|anymore|around)?
            |\b(?:go\ to|fall\ a?sleep|falling\ a?sleep|sleep)\ (?:and\ (?:never|not)\ wake|forever)
            |\bnever\ wak(?:e|ing)\ up\ (?:again)?|\bto\ never\ wake\ up
            |\bwish\ i\ (?:could|would)\ (?:just\ )?(?:disappear|vanish|cease|stop\ existing)\b(?!\ for\ (?:a|the)|\ into)
            |\bwant\ to\ (?:just\ )?(?:disappear|vanish)\ (?:forever|for\ good|from\ this\ world)
            |\b(?:this|it)\ is\ the\ only\ way\ out\b|\bready\ to\ go\ tonight\b
            |\bwish\ (?:i\ (?:was|were|had)(?:\ never\ been|n't\ been|\ never|n't)\ born|i'd\ never\ been\ born)
            |\blife\ (?:is\ not|isn't|is\ no\ longer)\ worth\ (?:living|it)\b""",
        unless=rf"{LAUGHTER}|{STORY}|monday|vacation|holiday|alarm|coffee|this\ (?:city|town|job|country)|overslept",
        negatable=False,
    ),
]

SELF_HARM_RULES = [
    en(
        "self_harm.explicit",
        SELF_HARM,
        rf"""\b(?:hurt|hurting|harm|harming|cut|cutting|burn|burning|punish|punishing|starve|starving|hit|hitting|scratch|scratching)\ {SELF}\b
            |\bself[\ -]?harm(?:ing|ed)?\b|\bi(?:'ve|\ have)?\ (?:been|started|keep|kept)\ cutting\b(?!\ (?:back|down|out|off|class|corners|the|carbs|weight|my\ (?:hair|hours)))
            |\b(?:clean|relapsed?)\ (?:from|on|into|with)\ (?:cutting|self)|\b(?:urge|want|wanna|need|start|started|stop)\ (?:to\ )?(?:cut|cutting)\ (?:again|tonight|my\ (?:arms?|wrists?|legs?|thighs?|skin))
            |\b(?:want|need|going)\ to\ (?:burn|cut|scratch|break)\ my\ (?:own\ )?(?:arms?|wrists?|hands?|legs?|skin|fingers)
            |\b(?:scratching|cutting|burning|biting)\ my\ (?:arms?|wrists?|legs?|thighs?|skin)\b
            |\b(?:hurted|cutted|injure|injuring|burned|burnt|carved?|carving)\ (?:myself|words\ (?:in|on)\w*\ my|my\ (?:own\ )?(?:arms?|legs?|thighs?|wrists?))|\b(?:slashed|cut|scratched|burn|burned|bit|bite|carved?|punched|hit)\ my\ (?:own\ )?(?:arms?|thighs?|legs?|wrists?|stomach|hands?|face)\ (?:again|open|on\ purpose|with|so\ hard|when|until|till|because|in\ the)|\brelapsed\b.{0, 30}\b(?:cut|sh\b|blade|razor|thigh|days\ clean)|\bsh\ (?:again|urges?|last\ nite)\b|\b(?:see|watch)\ (?:myself\ bleed|blood\ to\ (?:calm|feel))|\bneed\ (?:the\ )?(?:blades?|razors?|pain)\b.{0, 24}\b(?:back|to|only|shuts)|\b(?:keep|kept|hide|hid)\ (?:my\ |a\ |the\ )?(?:blades?|razors?)\b|\bon\ purpose\b.{0, 30}\b(?:broke|burn|cut|hurt|hit|bleed|hard)|\b(?:broke|burn\w*|cut|hurt\w*|hit|bite)\b.{0, 30}\bon\ purpose\b|\b(?:scars?|cuts?|marks)\b.{0, 24}\b(?:and\ new\ ones|i\ made|making\ new)|\bhide\ (?:the|my)\ (?:cuts|scars|marks)\b|\bhappier\ when\ i\ bleed\b|\b(?:cutting|cuttin)\ (?:helps|is\ the\ only|for\ (?:months|years|weeks))|\b(?:me\ and\ \w+(?:\ \w+)?\ both|my\ friends?\ and\ i)\ cut\b|\bi\ cut\ (?:my\ (?:legs?|arms?|thighs?|wrists?)|when|because|in\ (?:the|my)\ (?:shower|room|school|toilet|bath)|until|so\ that|after)\b|\bonly\ want\ to\ cut\b|\bfeel\ nothing\ until\ i\ cut\b|\bcut\ it\ out\ myself|\bbang(?:ing)?\ my\ head\ (?:against|on|into)\ (?:the|a)\ wall\ (?:until|so|to|again)""",
        unless=rf"{LAUGHTER}|shaving|by\ accident|accidentally|gym|workout|cooking|sunburn|mosquito|eczema|some\ slack|a\ (?:piece|slice)|my\ hair|hair\ short|onions?|vegetables|paper",
    ),
]
