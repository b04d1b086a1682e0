"""Rules on suicide prepared: a way, means, a date, farewells; other words; attempts."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.english.words import GOING, PILLS, STORY, en
from chat.safety.detection.rule import LAUGHTER, SUICIDE

BODY = r"(?:kill\ (?:me|myself|a\ person|someone|you)|die|be\ fatal|be\ lethal|be\ deadly|end\ (?:it|me|my\ life|things)|not\ wake\ up|never\ wake\ up|overdose|od|do\ it|finish\ me)"
PLANNING_RULES = [
    en(
        "suicide.way",
        SUICIDE,
        rf"""\b(?:painless(?:ly)?|quick(?:est|ly)?|fast(?:est)?|easy|easiest|eas(?:y|iest)|peaceful(?:ly)?|gentle|least\ painful|less\ painful|sure(?:st)?|best|nice(?:st)?|most\ (?:painless|certain|effective|peaceful))
            \ (?:and\ \w+\ )?(?:ways?|methods?|means|deaths?|exits?|suicide)\b(?:\ (?:to|of|for|out\b))?.{{0,22}}?\b(?:die|dying|go\b(?!\ (?:to|home|back|about|from|through|on|into|there|shopping))|end\ (?:it|my|your|a\ life|things|myself)|kill\ (?:myself|yourself|oneself)|death|suicide|leave\ this\ (?:world|life)|not\ (?:being|be)\ alive)
            |\b(?:easy|painless|peaceful|quick)\ (?:death|suicide)\b|\b(?:how|what|which|where|when).{{0,40}}\b(?:kill\ (?:myself|me)|end\ my\ life|to\ off\ myself|hang\ myself|commit\ suicide)\b
            |\bhow\ (?:do|can|could|would|to|does)\ .{{0,24}}?(?:die|kill\ (?:yourself|oneself)|end\ (?:your|their|one's|a)\ (?:own\ )?life)\ ?(?:quickly|painlessly|peacefully|without|in\ (?:my|their|your)\ sleep|at\ home|fast|easily|in\ a\ way)
            |\bhow\ (?:many|much)\b.{{0,45}}?\b(?:to|would|will|can|until|before|kill|does\ it\ take|are|is|do\ i)\b.{{0,24}}?\b(?:{BODY}|fatal|lethal|deadly|too\ many|too\ much|enough\ to)\b
            |\b(?:what|which|is\ there)\b.{{0,30}}?(?:dose|amount|pills?|poison|drug|something|anything).{{0,40}}?\b(?:fatal|lethal|deadl(?:y|iest)|kills?\ (?:me|you|a\ person|someone|people)|drift\ off|die|never\ wake|not\ wake)
            |\b(?:does|would|will|is)\ (?:it|hanging|drowning|jumping|carbon\ monoxide|bleeding\ out)\ (?:really\ )?(?:hurt|be\ painless|painful|painless|fast|quick)(?:\ (?:to|when|if)\ (?:you\ |i\ )?(?:die|drown|hang|jump|bleed|suffocate))?\b
            |\bhow\ (?:high|tall|deep)\b.{{0,50}}?\b(?:be\ sure|to\ die|to\ be\ fatal|to\ kill|not\ survive|enough|certain)\b
            |\b(?:without\ (?:it\ hurting|pain|feeling|anyone\ (?:noticing|knowing))|in\ my\ sleep)\b.{{0,20}}\b(?:die|kill|end)|\b(?:die|kill\ \w+|end\ (?:it|my\ life|their\ life))\b.{{0,24}}\b(?:without\ (?:it\ hurting|pain|feeling|suffering|anyone)|painless|that\ doesn't\ hurt|look\ (?:natural|like\ an\ accident))""",
        unless=rf"{STORY}|\b(?:phone|battery|lawn|weeds?|mosquito\w*|ants?|wasps?|bacteria|virus|germs|app|process|task|debt|habit)\b|\b(?:my|our|the)\ (?:dog|cat|plant|hamster)",
        negatable=False,
    ),
    en(
        "suicide.way_pills",
        SUICIDE,
        rf"""\b(?:which|what)\ {PILLS}\ (?:are|is)\ (?:the\ )?(?:most\ )?(?:deadl\w+|lethal|dangerous)|\b{PILLS}\b.{{0,40}}\benough\ to\ (?:{BODY}|sleep\ forever)|\bhow\ many\ (?:of\ )?(?:these|those|them|\w+\ )?{PILLS}\b.{{0,30}}\b(?:die|kill|deadly|not\ wake|too\ many|dangerous|take\ to)""",
        negatable=False,
    ),
    en(
        "suicide.coming_overdose",
        SUICIDE,
        rf"""\b(?:{GOING}|i'll|let\ me|i)\ (?:just\ |soon\ |probably\ )*(?:take|taking|swallow(?:ing)?|down|eat|pop|wash\ down|empty|drink)\ (?:\w+\ ){{0,3}}?(?:all|every|the\ (?:whole|entire|lot|rest)|whatever's|what's\ left|everything|enough|as\ many|too\ many|a\ (?:whole|handful|fistful))\b.{{0,28}}?\b(?:{PILLS}|bottle|pack(?:et)?|box|blister|cabinet|of\ them|of\ it|of\ these|at\ once|to\ (?:never|not|die|end|sleep\ forever))
            |\b{GOING}\ (?:just\ )?(?:overdose|od)\b|\b(?:i'll|i\ will)\ (?:overdose|od)\b|\benough\ to\ (?:never\ wake\ up|kill\ (?:me|myself)|end\ it|end\ my\ life|not\ wake\ up|do\ it\b|die\b)""",
        unless=r"vitamins?|as\ prescribed|course\ of\ antibiotics|antibiotic|hungry\ enough|old\ enough",
    ),
    en(
        "suicide.means_ready",
        SUICIDE,
        rf"""\b(?:saved\ up|saving(?:\ up)?|stockpil\w+|hoard\w*|collect(?:ed|ing)|stash(?:ed|ing)|hid(?:den)?|putting\ aside|kept|lined\ up|counted|counting|lining\ up)\b.{{0,24}}\b(?:{PILLS})\b|\b{PILLS}\b.{{0,24}}\b(?:saved\ up|lined\ up|stashed|stockpiled|all\ counted|in\ my\ (?:hand|mouth|lap))
            |\b(?:enough|plenty\ of)\ (?:\w+\ ){{0,2}}?{PILLS}\ (?:to\ (?:do|end|kill|die|be\ sure|not)|for\ (?:it|this|when|me\ to)|now\b|here)|\b(?:i\ )?have\ (?:what\ i\ need|everything\ i\ need|the\ (?:means|stuff))\ (?:to\ (?:do|end)|for\ it|under|in)
            |\b(?:gun|pistol|rifle|revolver|shotgun)\b.{{0,28}}?\b(?:loaded|in\ my\ (?:lap|hand|mouth)|next\ to\ me|to\ my\ head|on\ the\ (?:table|bed|kitchen))|\bloaded\ (?:gun|pistol|rifle)
            |\b(?:rope|noose|belt|cord|knot)\b.{{0,30}}?\b(?:hanging|tied|round\ my\ neck|around\ my\ neck|on\ my\ neck|ready|in\ the\ wardrobe|and\ (?:the|a)\ chair)|\btied\ (?:the|a)\ (?:knot|noose)\b(?!\ in\ (?:june|may|a\ church))|\bbought\ (?:a|the)\ (?:rope|noose|gun)\b(?!\ (?:for|swing))
            |\b(?:wrong|other|outer)\ side\ of\ the\ (?:rail\w*|fence|barrier)|\b(?:on|at|near)\ the\ (?:\w+\ )?(?:ledge|train\ tracks?|tracks|rails)\b(?:\ (?:right\ now|rn|now))|\bsitting\ on\ the\ (?:window\ ?sill|ledge|edge)\b.{{0,40}}(?:floor|legs|roof)
            |\b(?:hose|tube)\b.{{0,20}}\bexhaust\b|\b(?:razor|blade|knife)\b.{{0,30}}\b(?:with\ me|next\ to\ me|ready\ to\ end|when\ i'm\ ready|not\ for\ shaving)""",
        unless=rf"{STORY}|\b(?:tent|sailing|climbing|camping|boat|swing|shooting\ range|gun\ club|hunting\ season)\b",
        negatable=False,
    ),
    en(
        "suicide.plan",
        SUICIDE,
        r"""\b(?:have|got|made|know|worked\ out|figured\ out)\ (?:a\ |my\ |the\ |exactly\ |out\ )?(?:\w+\ )?(?:plan|how\ i(?:'m|\ am|'ll|\ will|\ would|'d)\ (?:going\ to\ |gonna\ )?(?:do\ it|end\ it|die|go)|when\ i(?:'m|\ am)\ going\ to\ do\ it)\b(?=.{0,40}\b(?:die|suicide|end|kill|do\ it|go\b|tonight|pills|gone)|.{0,12}$)(?!.{0,30}\b(?:exam|study|trip|wedding|weekend|holiday|project|work|job|move|savings?|diet|meal|lesson|business)\b)
            |\bdo\ it\ (?:tonight|tomorrow|this\ weekend|on\ (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b.{0,40}(?:parents|alone|wife|empty|nobody|no\ one|end|dead|away)|\bi(?:'m|\ am|m)\ (?:going\ to\ |gonna\ )?do(?:ing)?\ it\ tonight\b|\btonight\ is\ the\ night\b(?!.*\b(?:date|party|final|show|concert|prom)\b)
            |\b(?:picked|chosen|set|chose|have|circled)\ (?:a|the|my|out\ a)\ (?:date|day)\b.{0,36}\b(?:die|end|go\ for\ good|be\ over|no\ more|nothing\ after|gone)
            |\bby\ (?:then|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday|next\ week|summer|june|christmas|tonight)\b.{0,24}\b(?:i'll|i\ will|it\ will\ all|it'll\ all|i\ won't)\ (?:be\ (?:dead|gone\b|over\ for\ me|no\ longer|alive|here\ any)|not\ be\ (?:here|alive))|\bi(?:'ll|\ will)\ be\ (?:dead|gone\ (?:for\ good|forever|soon))\b(?!\ (?:if\ (?:mum|mom|dad|my)|tired|meat))
            |\b(?:won't|wont|not\ (?:going\ to|gonna)|will\ not|don't\ (?:plan|intend)\ to)\ (?:be\ alive|live\ (?:past|to\ see|long\ enough)|survive\ (?:this|the)\ (?:week|winter|year)|see\ (?:\w+\ )?(?:birthday|christmas|spring|summer))""",
        unless=STORY,
        negatable=False,
    ),
    en(
        "suicide.farewell",
        SUICIDE,
        r"""\b(?:won't|wont|will\ not|not\ (?:going\ to|gonna)|no\ longer)\ be\ (?:here|around|with\ you)\b.{0,40}\b(?:by\ the\ time|when\ you\ (?:read|wake)|any\ ?more|much\ longer|read\ this|forgive|thank|love\ you|sorry|to\ see|tomorrow\ morning)|\bby\ the\ time\ you\ (?:read|see|get)\ this\b
            |\b(?:this\ is|saying|to\ say|said|say|writing)\ (?:my\ )?(?:last\ |final\ )?(?:goodbyes?|farewells?)\b(?!\ to\ (?:the\ (?:city|flat|house|school|team|summer|holidays)|my\ (?:colleagues|coworkers|class|host)))(?=.{0,60}\b(?:world|life|love|thank|forever|nobody|no\ one|everyone|before\ i\ go|sorry|for\ good|forgive|without\ them))
            |\b(?:last|final)\ (?:message|words|night|day|letter|time\ (?:you'll|you\ will)\ hear)\b.{0,28}\b(?:alive|on\ earth|i\ can|anyone|ever|from\ me|of\ me|here)\b|\b(?:goodbye|farewell)(?:,)?\ (?:cruel\ )?world\b
            |\b(?:wrote|written|writing|finished|left|record(?:ed|ing)|write)\ (?:\w+\ ){0,3}?(?:notes?|letters?|video)\b.{0,40}\b(?:when\ i'm\ (?:gone|dead)|after\ i'm|for\ after|before\ i\ (?:go|die)|not\ alive|goodbye|farewell|kids|children|find)|\b(?:farewell|goodbye|suicide)\ (?:letters?|notes?|video)\b
            |\bgiv(?:e|en|ing)\ away\ (?:all\ )?(?:my|everything)\b.{0,50}\b(?:won't\ need|when\ i'm\ gone|don't\ need|gone|dead)|\b(?:gave|given|giving|found)\b.{0,50}\b(?:when|after|once|since|because)\ i(?:'m|\ am|'ll\ be|\ won't\ be)\ (?:gone|dead|here|around)|\b(?:won't|wont)\ need\ (?:it|them|any\ of\ (?:it|this)|my\ \w+)\ (?:any\ ?more|where\ i'm\ going|soon|after)
            |\b(?:find|look\ after|take\ care\ of)\b.{0,40}\bwhen\ i'm\ (?:gone|dead|no\ longer)\b|\bonce\ i'm\ (?:gone|dead)\b|\btell\ (?:my|them|him|her)\b.{0,24}\b(?:i'm\ sorry|i\ love|loved)\b.{0,50}\bbefore\ i\ go\b|\bwhoever\ finds\ (?:this|me)\b|\b(?:find|finds|found)\ my\ body\b""",
        unless=rf"{STORY}|\b(?:flight|fly|holiday|vacation|trip|meeting|job|office|school\ year|semester|conference|moving|moved|university|college\ next|retire\w*)\b",
        negatable=False,
    ),
    en(
        "suicide.other_words",
        SUICIDE,
        rf"""\b(?:{GOING}|i'd|i'll|i\ would|rather|to)\ (?:just\ |finally\ |really\ |actually\ )*(?:off|offing|top|topping|neck|delete|unlive|drown|drowning|end|yeet|hang|shoot)\ myself\b|\b(?:blow|blowing|blew)\ my\ (?:own\ )?(?:brains?|head)\ out\b|\bend(?:ing)?\ me\b
            |\b(?:slit|slitting|slash|slashing|cut|cutting|open)\ my\ (?:own\ )?(?:wrists?|throat|veins)\b|\b(?:throw|throwing|threw|fling)\ myself\ (?:under|off|in\ front|out|from|into\ (?:the|a)\ (?:river|sea|lake|canal|traffic))
            |\b(?:jump|jumping|leap|step|stepping|walk|walking|drive|driving|swerve|swerving|steer)\ (?:off|in\ front\ of|into|under|out\ of|onto|from)\ (?:a|an|the|my|some|something|smth|oncoming)\ ?(?:\w+\ ){{0,2}}?(?:bridge|building|roof|balcony|window|cliff|train|bus|truck|traffic|tracks?|tree|wall|river|sea|ocean|lake|canal|platform|parking\ garage|ledge|tower)\b(?=.{{0,60}}$)
            |\b(?:jump|go|fall|step)\ (?:off|over)\ (?:and\ (?:not|never)|the\ (?:rail\w*|edge|balcony))|\b(?:drink|drinking|swallow)\ (?:bleach|antifreeze|poison|drain\ cleaner|weed\ ?killer)\b|\bpull(?:ed|ing)?\ the\ trigger\b
            |\b(?:end|ending|finish|finishing)\ (?:it\ (?:all|tonight|tn|2nite|this|now|for\ good|with)|my\ (?:own\ )?(?:life|lyfe|story|existence|suffering)|things\ for\ good|everything,?\ myself)\b|\bending\ it\b(?!\ (?:with|between|here|there|by))|\bending\ things\ (?:for\ good|tonight|soon|myself)
            |\b(?:leave|leaving|depart|departing|quit|exit|exiting|check(?:ing)?\ out\ of)\ (?:this|the)\ (?:world|life|earth|planet)\b|\bcheck(?:ing)?\ out\ early\b|\bclock\ out\ of\ (?:this\ )?life|\bcatch(?:ing)?\ the\ bus\b(?=.*forum)|\bctb\b|\bmake\ it\ stop\b.{{0,24}}\bfor\ good
            |\bput\ an\ end\ to\ (?:myself|my\ (?:own\ )?life|it\ all|all\ of\ (?:it|this))|\b(?:be|join|reunited|going\ to\ be|see)\ (?:with\ )?(?:my|him|her|them)\b.{{0,30}}\b(?:in\ (?:heaven|the\ ground|the\ grave)|on\ the\ other\ side|wherever\ (?:he|she|they)\ (?:is|are))\b|\bmake\ sure\ i\ (?:don't|won't)\ (?:survive|wake)
            |\b(?:kill\ me\ please|please\ kill\ me|somebody\ kill\ me|kill\ me,?\ i\ mean)\b(?!\ (?:now|lol|haha))""",
        unless=rf"{STORY}|{LAUGHTER}(?!.*\b(?:no\ but|serious|really|mean\ it)\b)|\b(?:bungee|parachut\w*|paraglid\w*|diving|pool|swim\w*|firefighter|cartoon|end\ my\ (?:contract|lease))\b",
    ),
    en(
        "suicide.attempt",
        SUICIDE,
        r"""\b(?:tried|attempted|failed|meant|was\ going)\ (?:to|at)\ (?:kill(?:ing)?\ myself|hang(?:ing)?\ myself|end(?:ing)?\ (?:it|my\ life)|take\ my\ (?:own\ )?life|jump|od\b|overdose|drown\ myself|die\b)|\bmy\ (?:\w+\ )?(?:suicide\ )?attempts?\b(?!\ (?:at|to)\b)|\b(?:suicide|third|second|another|last|first)\ (?:suicide\ )?attempt\b(?!\ (?:at|to)\b)|\battempted\ suicide\b
            |\b(?:survived|surviving)\ (?:my|the|an)\ (?:attempt|overdose|suicide)|\b(?:pumped|pumping)\ my\ stomach\b|\bi\ (?:took\ an\ overdose|overdosed|od'?d|od'?ed)\b|\b(?:tried\ )?od'?ing\b(?!\ on\ (?:christmas|chocolate|coffee))
            |\b(?:rope|belt|cord|noose)\ (?:round|around|on)\ my\ neck\b|\b(?:sat|stood|stand(?:ing)?|sitting)\ on\ (?:the|a)\ (?:edge\ of\ (?:the|a)\ (?:roof|bridge|cliff|building)|ledge|tracks?|railing|bridge)\b.{0,60}\b(?:hours?|until|jump|nerve|lights|come\ down|thought|wanted|ready|goodbye)
            |\b(?:they\ )?(?:cut\ me\ down|pulled\ (?:me\ )?back\ from\ the\ (?:rail\w*|edge|ledge|tracks))\b|\b(?:almost|nearly)\ (?:jumped|killed\ myself|did\ it|ended\ it)\b(?!\ (?:for\ joy|at\ the|when|out\ of\ my\ skin))""",
        unless=rf"{STORY}|\b(?:bungee|first\ attempt\ at|driving\ test|recipe|exam|penalty|lift)\b",
    ),
]
