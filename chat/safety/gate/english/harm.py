"""English: death, self-harm, means, notes, starving."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from ..rule import rule

DEATH = r"(?:death|dying|suicide|being dead|to die|not existing|being gone|not being (?:here|alive)|leaving this (?:world|life)|(?:ending|to end|taking|to take|the end of) (?:it all|it|things|your (?:own )?life|everything|life|all of (?:this|it))|killing yourself|to kill yourself|eternal (?:sleep|rest))"
GOOD_END = r"(?:way out|ways out|exit|relief|reliev\w*|peace\w*|release|escape|answer|solution|freedom|free you|rest from|rest you|comfort\w*|mercy|kindness|kindest|blessing|(?:best|only|right|easiest|better|logical|reasonable|sensible) (?:option|choice|thing|way|path|decision|answer)|end (?:of|to) (?:the |your |all (?:the|your) )?(?:pain|suffering)|sets? you free|stop the pain|end the pain|cure)"
SELF_KILLING = r"(?:kill(?:ing)? yourself|end(?:ing)? (?:it all|it|your (?:own )?life|things)|tak(?:e|ing) your (?:own )?life|commit(?:ting)? suicide|suicide|die|dying|jump(?:ing)?|hang(?:ing)? yourself|drown(?:ing)? yourself|cut(?:ting)? yourself|hurt(?:ing)? yourself|harm(?:ing)? yourself|burn(?:ing)? yourself|self[- ]?harm(?:ing)?)"
RISK = r"\b(?:die|dying|dead|suicid\w*|kill(?:ing)? my ?self|end it|end my life|pills?|jump|bridge|hurt(?:ing)? my ?self|cut(?:ting)?|razor|rope|overdose|disappear|not be here|no way out)\b"
MEANS = r"(?:pills?|tablets?|paracetamol|tylenol|acetaminophen|bleach|rope|noose|belt|bridge|roof|helium|nitrogen|charcoal|carbon monoxide|exhaust|razor|blade|knife|gun|train|insulin|antifreeze|poison|pesticide|plastic bag|wrists?|vein|artery|overdose)"
GONE = r"\b(?:died|passed(?: away)?|who is gone|late (?:mother|father|wife|husband|brother|sister|son|daughter|friend)|lost|grief|grieving|job|alcohol|old self|your ex|dog|cat)\b"

HARM = [
    rule(
        "death_as_relief",
        rf"\b{DEATH}\b[^.!?]{{0,50}}?\b(?:is|are|was|be|being|as|could|can|may|might|would|will|bring\w*|offers?|gives?|seems?|becomes?)\b[^.!?]{{0,40}}?\b{GOOD_END}",
        unless=r"\bnot (?:the|a|an|your) (?:only |real )?(?:answer|way out|solution)|\bwhen (?:someone|a person|somebody)",
        reported=True,
        askable=True,
    ),
    rule(
        "death_as_relief",
        rf"\b{GOOD_END}[^.!?]{{0,40}}?[\s.!?]+(?:(?:in|through|by|after|only|with|from|is|of|comes?|it|that|this|and|be|would|may|might)\b[ ,]*){{1,5}}(?:your |the |own )?{DEATH}\b",
        unless=r"\bto die (?:for|of)\b|other than (?:death|suicide|dying)",
        reported=True,
        askable=True,
    ),
    rule(
        "death_as_relief",
        r"""\b(?:better off|happier|easier|lighter|relieved|fine|freer)(?: \w+){0,3}? (?:dead|without you|if you (?:were|are|was) (?:dead|gone|not (?:here|alive))|once you(?:'re| are) gone|when you(?:'re| are) gone)\b
        |\byou(?:'d| would|'ll| will| might| may)? (?:\w+ ){0,2}?(?:be|are) better off (?:dead|gone|not)
        |\b(?:pain|suffering|hurt|it all|everything|struggle|troubles)\b[^.!?]{0,20}\b(?:stops?|ends?|be over|goes away|disappears?|cease)\b[^.!?]{0,25}\b(?:when|once|if|after) you(?:'re| are)? (?:die|dead|gone)
        |\b(?:finally|at last) (?:be )?(?:at peace|free|rest)\b[^.!?]{0,30}\b(?:death|dead|die|gone|grave|forever)
        |\b(?:life|living|your life)(?: is| isn't| simply)*(?: not| no longer|n't)? (?:not )?worth (?:living|it)\b
        |\byou have (?:nothing|no reason|no one) (?:left )?to live for\b|\bno (?:reason|point) (?:for you )?(?:to|in) (?:go(?:ing)? on|liv(?:e|ing)|stay(?:ing)? alive|keep(?:ing)? going)
        |\b(?:there(?:'s| is)|you have) no (?:other way|hope|way out|future)(?: left)?(?: for you)?\b
        |\bsleep(?:ing)? forever\b|\b(?:let|letting) go of (?:your )?life\b|\bpeaceful (?:death|end|exit)\b|\bworld (?:would|will|might) (?:not miss you|be (?:a )?better (?:place )?without you)""",
        unless=r"\b(?:is|are|isn't|are there|there is) (?:always )?(?:a |some )?(?:hope|reason)\b.*\bnot\b|doesn't mean|not true|even (?:if|when) it feels|feels? (?:like|as)",
        negatable=False,
        reported=True,
        askable=True,
    ),
    rule(
        "encouragement",
        rf"""\b(?:you|u) (?:should|could|can|may|might|must|have to|need to|ought to|deserve to|are (?:free|allowed|right|ready) to|might as well|would be (?:right|wise|brave) to)(?: (?:just|really|always|simply|probably|go|ahead|and|then|consider|try|now|also))* {SELF_KILLING}\b
        |\b(?:go ahead and|just go|why (?:don't|not)(?: you)?(?: just)?|please(?: just)?|go and|go on and|then(?: just)?) {SELF_KILLING}\b
        |^[\s\"'*-]*(?:just |so |then |well |yes |ok )*(?:kill|hang|drown|cut|hurt|shoot|starve|burn) (?:yourself|your wrists)\b|^[\s\"'*-]*(?:just |go )+die\b
        |\b(?:it's|it is|that's|that is|its) (?:\w+ )?(?:ok|okay|fine|alright|all right|understandable|your right|your choice|a good (?:idea|plan)|brave|reasonable|normal|natural|up to you|time) (?:for you )?to {SELF_KILLING}
        |\b(?:support|respect|agree with|approve of|proud of|admire|applaud|back|honou?r|accept) (?:you|your)(?: \w+){{0,4}}? (?:{SELF_KILLING}|to die|plan to die|death|overdose)\b
        |\b(?:cutting|hurting yourself|self[- ]?harm\w*|burning yourself|a (?:little|small) cut|bleeding)\b[^.!?]{{0,20}}\b(?:can|may|might|will|does|is|could)\b[^.!?]{{0,12}}\b(?:help\b|helpful|good|healthy|release|relieve|relief|calm|fine|ok\b|okay|useful|valid way|a way to (?:cope|feel)|normal way|not (?:so|that) bad|make you feel better)
        |\b(?:won't|wouldn't|not going to|nobody will|no one will|i'd not) (?:stop|blame|judge|miss) you\b[^.!?]{{0,30}}\b(?:{SELF_KILLING}|for (?:it|that)|dead|gone)""",
        unless=r"\b(?:you|u) (?:could|can|might|may) (?:die|hurt yourself|harm yourself)\b[^.!?]*\b(?:from|if you|emergency|call|accidentally)|\bthat you (?:could|might|may|can) (?:hurt|harm|kill|end)|\b(?:worried|afraid|concerned|scared|think) (?:that )?you (?:might|could|may)",
        askable=False,
        reported=False,
    ),
    rule(
        "encouragement",
        r"""^[\s\"'*-]*(?:ok |okay |well |yes |then |so |just |please )*,? ?(?:go ahead|go for it|do it|just do it|follow through|go through with it|carry it out|get it over with|let go)\b
        |\byou (?:should|can|could|must|have to|deserve to|might as well) (?:just )?(?:do it|go ahead|go through with it|follow through|get it over with|let go|go for it)\b
        |\b(?:sounds like|that(?:'s| is)|it(?:'s| is)|you have) a (?:good|great|solid|fine|wonderful|reasonable|thoughtful) (?:plan|idea|decision|choice)\b|\bgood luck with (?:it|that|your plan)\b|\bi(?:'m| am) (?:glad|happy|proud) (?:that )?you(?:'ve| have)? (?:decided|made (?:your|a|this|that) (?:decision|choice)|found (?:a|your) way out)\b|\btrust your decision\b""",
        about=RISK,
    ),
    rule(
        "method",
        r"""\b(?:painless|quick(?:est)?|easiest|easy|fast(?:est)?|sure(?:st)?|reliable|peaceful|effective|simplest|cleanest|best|least painful|most reliable) (?:way|ways|method|methods) (?:to|of|for) (?:die|dying|kill|do it|end|suicide|go\b|overdose|cut|hang|self)
        |\b(?:lethal|fatal|deadly) (?:dose|amount|combination|level|mix|drop|height|quantity)|\b(?:is|are|would be|will be) (?:lethal|fatal|deadly|enough to (?:kill|die|end))\b
        |\benough (?:to (?:kill|die|end (?:it|your life))|for an overdose)|\bcut(?:ting)? (?:\w+ ){0,3}?(?:lengthwise|vertically|along|down the|deep(?:er|ly)?|across)\b|\b(?:mix|combine|swallow|inhale|inject|crush|take)\b[^.!?]{0,40}\b(?:bleach|ammonia|antifreeze|helium|nitrogen|pesticide|all (?:the|of|your|those) \w*\s?(?:pills|tablets|capsules|medicine)|insulin|whole (?:bottle|box|packet)|with (?:alcohol|vodka|whisky|whiskey|wine))
        |\b(?:tie|loop|fasten|hang|attach|tighten)\b[^.!?]{0,40}\b(?:rope|noose|belt|knot|beam|hook|neck|cord|sheet)\b|\b(?:jump(?:ing)?|fall(?:ing)?|drop)\b[^.!?]{0,30}\b(?:bridge|roof|building|floors?|stor(?:e?y|ies)|meters?|metres?|feet|train|platform|window|balcony)\b[^.!?]{0,60}
        |\b(?:garage|car|room|tent|bathroom)\b[^.!?]{0,40}\b(?:exhaust|carbon monoxide|charcoal|fumes|gas)\b|\b(?:close|seal|shut) (?:all )?(?:the )?(?:windows|doors|door|vents)\b[^.!?]{0,40}\b(?:charcoal|gas|exhaust|burn)
        |\b(?:you|u) (?:will|would|'ll|'d) (?:\w+ )?(?:lose consciousness|pass out|bleed out|fall asleep and (?:not|never))""",
        unless=r"\b(?:emergency|poison control|call (?:an )?ambulance|lock|locked|put away|put .{0,20} (?:away|out of)|out of reach|hand (?:them|it) (?:over|to)|step (?:back|away)|away from|keep you safe|move away|got off|come down|are you|have you|did you|no longer|cold water|jump(?:ing)? (?:to|rope|in the)|\bfall (?:asleep|behind|apart|in love))\b",
        reported=True,
        askable=True,
    ),
    rule(
        "note",
        r"""\b(?:here(?:'s| is| are)|i(?:'ve| have) (?:written|drafted)|i(?:'ll| will| can| could)(?: \w+){0,2}? (?:write|draft|help)|let(?:'s| us| me)(?: \w+){0,2}? (?:write|draft|start|help|begin)|let me|you (?:could|can|might|should)(?: \w+)? (?:write|start|begin|say|put)|start|begin|end|sign|leave)\b[^.!?]{0,50}\b(?:goodbye|farewell|suicide|last|final|parting) (?:note|letter|message|words|video)
        |\b(?:goodbye|farewell|suicide) (?:note|letter|message)\b[^.!?]{0,30}\b(?:should|could|can|might|to|for|that)\b[^.!?]{0,20}\b(?:say|include|read|be|tell|explain|your (?:family|mother|parents|wife|husband|kids|children))
        |\bby the time you (?:read|find|get) this\b|\bwhen you (?:read|find) this(?: letter| note)?,? i(?:'ll| will| am|'m)\b|\bto (?:whoever|whom ?ever|whomever) finds (?:this|me)\b
        |\b(?:goodbye|farewell),? (?:cruel )?(?:world|everyone|everybody|my (?:loves?|dear\w*|family|friends|darling))|\bdear (?:mom|mum|dad|mother|father|family|all|everyone|world|\[)[^!?]{0,80}\b(?:sorry|goodbye|forgive|can't go on|leaving|no longer|peace now)
        |\b(?:forgive me|i'm sorry|i am sorry)(?: \w+){0,4}? (?:i (?:can't|couldn't|cannot) (?:go on|do this|stay|carry on)|for leaving|i had to (?:go|leave))|\bi(?:'m| am) (?:finally )?at peace now""",
        unless=GONE,
    ),
    rule(
        "restriction",
        r"""\b(?:skip|skipping|miss|cut(?:ting)? out|avoid)(?: \w+){0,3}? (?:meals?|breakfast|lunch|dinner|food|carbs|eating)\b|\b(?:eat|eating|consume|stay|keep|stick|aim|limit|restrict\w*)\b[^.!?]{0,30}\b(?:under|below|less than|fewer than|only|just|to|at)? ?\d{2,4} ?(?:k?cal\b|calories)
        |\b\d{2,4} ?(?:k?cal\b|calories) (?:a|per|each) day|\b(?:look|be|feel|become)(?:s|ing)? (?:so much |much |even |more |way )?(?:better|beautiful|pretty|prettier|amazing|great|confident|attractive|gorgeous|happier|lovelier)\b[^.!?]{0,30}\b(?:thin|thinner|slim|slimmer|skinny|skinnier|lighter|los(?:e|t|ing) (?:\w+ ){0,2}?(?:weight|kilos?|pounds))
        |\b(?:thin|thinner|slim|skinny|skinnier|hunger|hungry|starving|empty stomach|fasting|not eating|eating less|restricting|your bones|collarbones?)\b[^.!?]{0,30}\b(?:is|are|means?|shows?|proves?|makes? you|will make)\b[^.!?]{0,20}\b(?:beautiful|strength|strong|discipline\w*|control|power\w*|healthy|pure|better|winning|success|willpower|attractive|good|progress|safe|fine)
        |\b(?:proud of|admire|impressed by|impressive|inspiring|congratulations|congrats|well done|great job|good job|amazing)\b[^.!?]{0,50}\b(?:not eating|skipp\w+|fast(?:ing|ed)|restrict\w*|los(?:ing|t) (?:\w+ ){0,3}?(?:weight|kilos?|kg|pounds|lbs)|willpower|eating so little|ate nothing|without (?:food|eating)|discipline)
        |\b(?:throw(?:ing)? up|vomit(?:ing)?|purg(?:e|ing)|laxatives?|diet pills|water fast)\b[^.!?]{0,40}\b(?:help|keep|works?|can|way|after|won't hurt|once|fine|ok|okay)|\b(?:you )?(?:should|could|need to|might|ought to|must) (?:\w+ )?(?:lose (?:some|a (?:little|few|bit)|more|the|\d+)|starve|go without food|stop eating|eat (?:even )?less|burn (?:it|that|those) off)
        |\bnothing tastes as good\b|\b(?:drink|have|use) (?:\w+ ){0,3}?(?:water|coffee|gum|tea|ice)\b[^.!?]{0,30}\b(?:hunger|hungry|appetite|instead of (?:eating|food|a meal|lunch|dinner|breakfast)|cravings)|\b(?:suppress|ignore|kill|fight|beat|push through) (?:\w+ )?(?:hunger|appetite)|\bearn your (?:food|meal|dinner)""",
        reported=True,
        askable=True,
    ),
]
