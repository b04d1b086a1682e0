"""Rules on what is said sideways in English: wishes, burdens, decisions, means, stories, laughter.

What may also be meant harmlessly only raises the state (RAISED): a reply then asks openly.
"""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.english.words import PILLS, STORY, en
from chat.safety.detection.rule import LAUGHTER, SELF_HARM, SUICIDE
from chat.safety.levels import Level

HARMLESS = rf"{STORY}|\b(?:game|flight|holiday|vacation|wedding|exam|contract|lease|meeting|job\ interview|contest|project|concert|marathon|diet|puppy|recipe|email|invoice)\b"
HINT_RULES = [
    en(
        "suicide.wish_indirect",
        SUICIDE,
        r"""\b(?:want|wanted|like|wish|love|prefer)\ (?:\w+\ )?(?:my\ (?:own\ )?(?:life|existence|heart)\ to\ (?:be\ over|end|stop)|out\ of\ (?:this\ )?life|to\ (?:not|stop)\ (?:exist\w*|be(?:ing)?\ (?:alive|here|a\ person)|breathing)|to\ be\ (?:gone\b|no\ longer\ alive|with\ (?:the\ )?god|nothing)|to\ (?:close|shut)\ my\ eyes\ (?:forever|and\ (?:never|not|have\ that)))
            |\b(?:done|finished|through)\ (?:with\ )?(?:being\ alive|living|with\ life|existing)\b|\b(?:not\ being\ alive|being\ dead|my\ (?:own\ )?(?:death|funeral|suicide)|dying)\b.{0,24}\b(?:would\ (?:solve|fix|help|be)|sounds|calms|comfort\w*|all\ day|at\ 3\ ?am|every\ (?:day|night|hour))\b|\b(?:picture|imagin\w+|plann?ing|fantasi[sz]\w*|dream\w*|think\w*|rehears\w+)\b.{0,20}\bmy\ (?:own\ )?(?:funeral|death|suicide)\b
            |\b(?:solve|stop|end|fix|easier|over)\b.{0,30}\bif\ i\ (?:died|was\ dead|were\ dead|killed|wasn't\ alive)\b|\bdeath\ is\ (?:the\ only|my|what|a\ way)\b|\b(?:scared|afraid)\ of\ having\ to\ (?:keep\ )?(?:living|live)\b|\bexisting\ hurts\b|\b(?:consider(?:ed|ing)?|goes\ to|thought\ (?:about|of)|think\ of|thinking\ (?:about|of)|back\ to)\ suicide\b|\bmy\ (?:suicidal\ )?ideation\b|\bsin\ to\ take\ your\ own\ life\b
            |\b(?:disappointed|sad|angry|sorry)\ (?:that|because)\ i\ (?:woke|survived|wake)|\b(?:half\ )?hop(?:e|ed|ing)\b.{0,24}\b(?:something|it|they|we|the\ plane)\ (?:hits?\ me|would\ (?:go\ down|crash|hit)|kills?\ me|ends?\ it)|\bhop(?:ed|ing)\ i\ (?:would|will)\ not\ make\ it|\bwish\ (?:cancer|it|god|death|lightning)\ (?:had\ |would\ )?(?:taken|take|took|struck)\ me\b|\btake\ me\ instead\b
            |\b(?:one|sleep)\ (?:that\ )?you\ don't\ (?:come\ back|wake\ up)\ from|\b(?:just\ )?not\ be\ here\b(?=.{0,12}(?:at\ all|ever|any\ ?more|$))|\b(?:didn't|didnt|don't|dont|did\ not)\ wake\ up\b(?=.{0,3}$)|\b(?:vanish|disappear(?:ed)?)\ (?:from\ the\ (?:earth|world)|forever|for\ good|and\ never)|\bhad\ enough\ of\ (?:this\ )?life\b
            |\b(?:can't|cant|don't|dont)\ see\ (?:myself|me)\ (?:living|alive)\b|\b(?:bullet|jump|rope)\b.{0,20}\b(?:would\ (?:fix|end|solve)|and\ no\ more)\b|\bi'm\ (?:better\ off|worth\ more)\ dead\b|\bmake\ it\ (?:all\ )?stop\b.{0,16}\b(?:for\ good|forever|permanently)|\bend\ it\ (?:on\ my\ own|my\ own|once\ and)""",
        unless=STORY,
        negatable=False,
    ),
    en(
        "suicide.burden",
        SUICIDE,
        r"""\b(?:if|when|once|because|that)\ i\ (?:was|were|am|wasn't|wasnt|weren't|died|disappeared)\ ?(?:not\ |just\ )?(?:dead|gone|here\ any\ ?more|around\ any\ ?more|alive|not\ there|out\ of\ the\ picture)?\b.{0,60}\b(?:easier|lighter|relieved|finally|happier|better|peace|not\ have\ to|favou?r|one\ less)\b(?=.*)|\b(?:easier|lighter|relieved|happier|cheaper|better\ (?:mother|father|husband|wife|life)|find\ someone|wouldn't\ have\ to|present\ i\ could\ give)\b.{0,50}\b(?:if\ i\ (?:was|were|wasn't|wasnt|weren't|died)|me\ (?:being\ )?dead|i'm\ (?:dead|gone)|to\ be\ gone|my\ death)\b
            |\b(?:life\ )?insurance\b.{0,24}\b(?:worth\ more|instead\ of\ me)|\bworth\ more\ than\ i\ am\b|\bdead\ i'd\b|\bme\ (?:being\ )?dead\b|\bget\ over\ my\ death\b|\b(?:killing\ myself|my\ death|dying)\b.{0,24}\bfavou?r\b|\bcry\ at\ (?:the|my)\ funeral\b""",
        unless=STORY,
        negatable=False,
    ),
    en(
        "suicide.way_bare",
        SUICIDE,
        r"""\b(?:looking\ up|looked\ up|look(?:ing)?\ for|read(?:ing)?\ about|googl\w+|search\w*|research\w*|asking\ for|need|tell\ me|know)\b.{0,24}\b(?:ways?\ to\ (?:die|go\b|do\ it|end)|methods?\b(?!\ (?:of|for|to)\ (?:learn|stud|teach|cook|pay))|way\ (?:to\ die|out\ of\ life)|something\ that\ works)|\b(?:can|could|would|will|do)\ (?:you|i|someone|somebody|he|she|they)\ (?:really\ )?die\ (?:from|of|if|when|before)\b(?!.*\b(?:cold|flu|embarrass|laugh|game|boredom|heart\ attack|panic|allerg|covid))
            |\bhow\ long\ does\ it\ take\ to\ (?:bleed\ out|die|drown|suffocate|starve)|\bdon't\ survive\b|\b(?:if\ i\ )?(?:took|take|drank|swallowed)\ (?:everything|it\ all|all\ of\ (?:it|them)|them\ all|the\ whole)\b.{0,40}\b(?:would|do\ it|die|kill|enough)\b|\bfeel\ nothing\ if\ you\ do\ it\b|\b(?:tell|know|find\ out|think)\b.{0,14}\b(?:it\ )?wasn't\ an\ accident\b|\blook\ like\ an\ accident\b|\bdeadl(?:y|iest)\b.{0,16}\b(?:pills?|dose|poison)|\b(?:pills?|dose|poison|tablets)\b.{0,16}\b(?:deadl\w+|lethal|fatal)\b""",
        unless=rf"{STORY}(?!.*\b(?:is\ me|i\ mean|tonight)\b)|\b(?:plants?|battery|phone|wasp|spider|snake|mushroom|dog|cat|chocolate)\b",
        negatable=False,
    ),
    en(
        "suicide.decided",
        SUICIDE,
        r"""\b(?:i\ (?:have\ |'ve\ )?|i've\ )(?:decided|made\ up\ my\ mind|chosen|picked|set|arranged|planned)\b.{0,60}\b(?:calm|peaceful|at\ peace|that's\ that|no\ going\ back|don't\ try\ to\ stop|over\b|nothing\ after)|\b(?:calm|peaceful|at\ peace|relieved)\b.{0,40}\b(?:now\ that|because|since)\ (?:i've|i\ have|i|it's|it\ is)\ (?:decided|chosen|settled|know\ when|made|finally\ know|picked)|\b(?:picked|chose|chosen|circled|set)\ (?:the|a|my|which)\ (?:date|day|night|spot|place)\b
            |\b(?:going\ to|gonna|i'll|i\ will|i'm|im)\ (?:do|doing)\ it\b.{0,40}\b(?:stop\ me|this\ weekend|tonight|when\ (?:my|he|she|they|the)|house\ is\ empty|soon)|\b(?:know|found)\ (?:exactly\ )?(?:how|where|which\ (?:spot|one|bridge))\b.{0,28}\b(?:and\ (?:i\ know\ )?(?:where|when|how)|cliffs|i\ would\ take|do\ it)|\b(?:my|the)\ (?:exit|plan|way\ out)\ (?:is\ )?(?:ready|done|set|in\ place|prepared)\b|\b(?:last\ day|my\ last)\ (?:is|will\ be)\ (?:the|on|to)\b|\bout\ for\ good\b|\bnothing\ (?:changes|gets\ better)\ by\ (?:then|\w+)\b|\brehearsed\ it\b|\bjust\ need\ the\ guts\b
            |\beverything\ is\ (?:arranged|settled|prepared|ready)\b|\b(?:don't|dont|i\ don't)\ mean\ moving\b|\b(?:i'm|im|i\ am)\ (?:going\ too|out\ of\ here\ forever)|\bonce\ (?:rent|everything|it)\ is\ (?:paid|done|settled)\b.{0,40}\bi'm\ going\b|\b(?:kids|they|mum|mom|nobody|she|he)\ (?:will|won't|don't|will\ not|doesn't)\ (?:not\ )?(?:have\ to\ )?find\ me\b""",
        unless=HARMLESS,
        negatable=False,
        level=Level.RAISED,
    ),
    en(
        "suicide.means_near",
        SUICIDE,
        rf"""\b(?:looking\ at|staring\ at|holding|counting|sitting\ (?:here\ )?with|keep\ (?:looking|staring)\ at|have|with|still\ have)\ (?:the\ |a\ |my\ |his\ |her\ |these\ |those\ )(?:\w+\ ){{0,2}}?(?:bottle|{PILLS}|gun|rifle|blade|razor|rope|noose)\b|\b(?:gun|rifle|pistol)\b.{{0,30}}\b(?:closet|hall|drawer|basement|bullets|walking\ past|thinking)|\b(?:car|engine)\b.{{0,24}}\bgarage\b.{{0,24}}\b(?:shut|closed|running|door)|\b(?:up\ on|on)\ (?:the|a|our|my)\ (?:\w+\ )?(?:roof|ledge|balcony)\b.{{0,40}}\b(?:come\ down|over|hold|jump|normal\ way|alone)
            |\bparked\ (?:at|by|near|on)\ the\ (?:\w+\ )?(?:bridge|cliff|tracks|river)|\b(?:standing|waiting|sitting)\ (?:on|at|by)\ the\ (?:platform|bridge|tracks|cliff|river)\b.{{0,40}}\b(?:train|jump|nerve|not\ to\ get\ on|alone|thinking|courage)|\b(?:enough|plenty|a\ bigger\ pack)\b.{{0,24}}\b(?:now|finally|chemist|pharmacist|prescription)|\bordered\ the\ stuff\b|\bworking\ up\ the\ (?:nerve|courage)|\bbottle\b.{{0,24}}\bcounting\b|\ball\ lined\ up\b|\bunder\ my\ bed\b.{{0,30}}\bneed|\bwhat\ i\ need\b.{{0,40}}\b(?:under\ my\ bed|shoebox|hardware)""",
        unless=rf"{HARMLESS}|\b(?:milk|water|wine|beer|baby|shampoo|ketchup|headache|allerg\w*|infection|prescribed|twice\ a\ day|shooting\ range|doctor\ (?:said|gave))\b",
        negatable=False,
        level=Level.RAISED,
    ),
    en(
        "suicide.farewell_hint",
        SUICIDE,
        r"""\b(?:this\ is\ goodbye|said\ my\ goodbyes|before\ i\ go\ (?:for\ good|away\ forever)|my\ note\ is\ (?:done|finished|ready)|i'll\ be\ gone\b|wont\ be\ here|won't\ be\ here\ any\ ?more|deal\ with\ me\ (?:for\ )?much\ longer|saying\ bye\ to\ everyone|when\ they\ find\ the\ letter|when\ i'm\ not\ alive|log\ off\ from\ life|on\ the\ other\ side|affairs\ in\ order|video\ for\ them\ to\ watch|i\ won't\ write\ again|forgive\ me\b|won't\ be\ needing|look\ after\ my\ (?:plants|dog|cat|kids)|you\ were\ the\ only\ one\ who\ was\ (?:nice|kind))\b
            |\b(?:gave|giving|given)\ (?:\w+\ )?(?:away\ )?(?:my|all\ my|everything)\b.{0,40}\b(?:away|won't\ need|wont\ need)\b.{0,40}|\b(?:stick|stay)\ around\ to\ see\b|\bsomething\ permanent\b|\blet\ go\ of\ the\ wheel\b|\bfor\ (?:them|my\ kids|my\ parents|her|him)\ to\ (?:read|watch|find)\ (?:after|when)\b|\b(?:i'm\ going\ to\ be|be|soon\ be|i'll\ be)\ with\ (?:my|her|him|them)\b.{0,30}\b(?:soon|again|died|making\ sure)|\bcome\ over\ to\ you\b|\bnot\ gonna\ be\ here\b|\bgonna\ be\ gone\b|\bnever\ mind\b.{0,30}\b(?:pills|die|said|note)""",
        unless=rf"{HARMLESS}|\b(?:moving|move|moved|travel\w*|trip|work|office|school|team|visit|spain|weekend|donat\w*|charity|bye\ for\ now|see\ you|tomorrow,?\ (?:i'm|my))\b",
        negatable=False,
        level=Level.RAISED,
    ),
    en(
        "suicide.laughed_off",
        SUICIDE,
        r"""\b(?:kill(?:ing)?\ myself|kms|unalive\ myself|end\ (?:it\ all|my\ life)|suicid(?:e|al)|(?:want|wanna)\ (?:to\ )?(?:die|be\ dead)|my\ own\ death|overdose|hang\ myself)\b""",
        unless=rf"{STORY}|\bdied\ by\b|embarrass|cring|so\ cute|suicide\ squad|\bcould\ have\b|\bnot\ suicidal\b|\bnearly\ died\b",
        level=Level.RAISED,
    ),
    en(
        "suicide.story",
        SUICIDE,
        rf"""^(?=.*(?:{STORY}|\b(?:story|character|poem|role\ ?play|script|hero|hypothetical\w*|pretend|essay|school\ project|for\ a\ friend|asking\ for|imagine|act\ as)\b))
            (?=.*\b(?:how\ (?:many|much|long|do|to|can|would)|what|which|way|method|details?|note|tonight|enough|die|pills|take\ me)\b)
            .*\b(?:kills?\ (?:himself|herself|themsel\w+|myself)|suicide|die\ (?:quickly|without|at\ home|tonight|painless\w*|by)|wants?\ to\ die|overdos\w+|deadly|lethal|sleeping\ pills|hang(?:s|ing)?\ (?:himself|herself|myself)|not\ wake\ up|i\ (?:die|really\ am|mean\ to)|is\ me\b|take\ me\b|stepping\ off|standing\ here|final\ sleep|from\ the\ bridge)\b""",
        unless=r"\b(?:prevention|read\ (?:it|the)|in\ chapter|film\ is|ends\ with\ her|we\ read|watched|about\ a\ man|thesis|plath|bell\ jar|reasons\ why)\b",
        negatable=False,
        level=Level.RAISED,
    ),
    en(
        "suicide.hopeless",
        SUICIDE,
        r"""\b(?:(?:feel|feeling|is|am|i'm|completely|totally)\ (?:so\ |completely\ |totally\ |all\ )?hopeless|no\ hope\ (?:left|for\ me|for\ someone)|lost\ (?:all\ hope|the\ will|any\ wish|my\ will)|nothing\ left\ (?:to\ give|for\ me|to\ live)|nothing\ (?:will\ ever|is\ ever\ going\ to)\ (?:get\ better|change)|no\ way\ out(?:\ of\ this)?|at\ the\ end\ of\ my\ rope|dead\ inside|give\ up\ on\ (?:everything|life)|(?:i've|i\ have)\ given\ up\b(?!\ (?:smoking|on\ (?:him|her|the|my|it|that|dating)|sugar|alcohol|meat|coffee))|nobody\ would\ (?:care|miss|notice)|no\ one\ would\ (?:care|miss|notice)|burden\ to\ (?:everyone|the\ people|my)|(?:can't|cannot|cant)\ (?:do|take|bear|go\ on\ with)\ (?:this|it|life)\ (?:any\ ?more|any\ longer|much\ longer)|how\ much\ longer\ i\ can\ (?:take|do|go)|waste\ of\ (?:space|air|oxygen)|(?:life|it)\ is\ (?:meaningless|pointless|not\ worth)|don't\ (?:see|have)\ (?:a|any)\ (?:reason|future)|can't\ see\ a\ future|no\ future\ for\ me|broken\ beyond\ repair|hate\ my\ life|hate\ being\ alive|what's\ the\ point\ of\ (?:any|living|anything|life)|wish\ everything\ would\ (?:just\ )?(?:stop|end)|no\ strength\ left|sick\ of\ being\ me|(?:want\ to|wish\ i\ could)\ (?:just\ )?disappear|what\ is\ there\ to\ live\ for)\b""",
        unless=rf"{LAUGHTER}|hopeless\ (?:at|with|romantic|case\ at)",
        level=Level.RAISED,
    ),
    en(
        "self_harm.signs",
        SELF_HARM,
        r"""\b(?:urge|want|wanna|need|like|good\ it\ felt|started|start|go\ to\ my\ room\ and|only\ way)\b.{0,24}\bto?\ ?cut\b(?=.{0,24}$|\ (?:is|so|again|when|my))(?!\ (?:down|back|out|off|costs|sugar|my\ hair))|\b(?:until|till|so\ hard|that)\ (?:it|they|my\ \w+|i)\ ?(?:bleeds?|bled|bruises?d?|purple|bleeding)\b|\bnails\ into\ my\b|\b(?:arms?|legs?|thighs?|wrists?)\ (?:is|are)\ full\ of\ (?:scars|cuts)|\b(?:carve|carving|scratch|pinch|hit|bite|burn|cut)\w*\b.{0,24}\b(?:my|our|in\ our|myself)\ ?(?:arms?|legs?|head|skin|self|tummy|hand)?\b.{0,40}\b(?:when\ (?:i'm|im|i\ am|my|daddy|he)|because\ (?:i|im|of)|bc|on\ purpose|till|until|compass|sharpener|straightener|lighter|iron|needle|razor|blade)
            |\b(?:sharpener|eyeliner\ sharpener|compass|razor|scissors|lighter|straightener|blade)\b.{0,30}\b(?:all\ day|on\ my|only\ used|my\ (?:arm|leg|body|skin)|blade|mostly)|\bi\ need\ (?:the\ )?pain\b|\bdeserve\ (?:the\ )?pain\b|\b(?:beans|styros?)\ again\b|\b(?:boiling\ water|iron|cigarette|lighter)\ (?:on|onto|to)\ my\ (?:own\ )?(?:arm|hand|leg|skin)|\bbroke\ my\ own\b|\brelapsed\b(?=.{0,30}\b(?:cut|sh|blade|thigh|arm))|\bold\ razor\b|\bwon't\ stop\ bleeding\b.{0,24}|\bdeeper\ than\ i\ meant\b|\bdid\ it\ again\b.{0,24}\b(?:legs?|arms?|thighs?|blade|razor|cut)|\breopen\w*\ my\b|\bpulled\ out\ my\ hair\b""",
        unless=rf"{STORY}|\b(?:cooking|kitchen|onions?|shav(?:e|ing)|by\ accident|accidentally|cat\ scratched|rose|oven|judo|football|nose\ ?bleed|nurse|surgeon|doctor|hair\ ?dresser|cat\b|dog\b|sunburn|mosquito|eczema|allerg\w*|stubbed)\b",
        level=Level.HIGH,
    ),
]
