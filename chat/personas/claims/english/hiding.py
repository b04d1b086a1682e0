"""English: hiding that it is an AI, secrecy, and leaving out what keeps people safe."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from ..rule import rule
from .words import AI, GUARDS, HELPERS, SOMEBODY

HIDING = (
    rule(
        "hides_ai",
        rf"(?:\b(?:never|not|dont|avoid|without|refuse\ to|stop|no\ need\ to|under\ no\ \w+|(?:at|on)\ no\ \w+|by\ no\ means|refrain\ from|forbidden\ to|nobody\ (?:should|must|may)|no\ one\ (?:should|must|may))|n't)\b(?:(?!\b(?:hesitate|fail|forget|shy|afraid|stop|avoid|only|just|but|human|instead)\b)[^.;])*?\b(?:say(?:ing)?|admit(?:ting)?|mention(?:ing)?|reveal(?:ing)?|tell(?:ing)?|disclos(?:e|ing)|acknowledg(?:e|ing)|confess(?:ing)?|let\ (?:on|slip|them\ know|people\ know|anyone\ know|it\ show)|give\ away|giving\ away|announc(?:e|ing)|confirm(?:ing)?|refer(?:ring)?\ to|identify(?:ing)?|describ(?:e|ing)|call(?:ing)?|know|find\ out|notice|learn|suspect|remind(?:ing)?|speak(?:ing)?|talk(?:ing)?|think(?:ing)?|realis\w+|realiz\w+|guess)\b[^.;]{{0,40}}?\b(?:(?:you(?:'re|\ are)|yourself\ as|being|to\ be|it\ is|it's|this\ is|that\ is|about|(?:to|with)|of|as|call(?:ing)?\ yourself|your)\ )(?:\w+\ )?{AI}",
        negatable=False,
        unless=r"\b(?:every|each)\ (?:single\ )?(?:reply|message|answer|time|turn|sentence)|\b(?:again\ and\ again|over\ and\ over|all\ the\ time|repeatedly|more\ than\ once|too\ often|in\ every)\b",
    ),
    rule(
        "hides_ai",
        rf"\b(?:hid(?:e|es|ing)|conceal(?:s|ing)?|den(?:y|ies|ying)|disguis(?:e|ing)|cover(?:ing)?\ up|mask(?:ing)?|keep(?:ing)?\ quiet\ about|play(?:ing)?\ down|dodg(?:e|ing)|evad(?:e|ing)|deflect(?:ing)?|avoid(?:ing)?|ignor(?:e|ing)|laugh(?:ing)?\ off|chang(?:e|ing)\ the\ (?:topic|subject)|lie|lying)\b[^.;]{{0,50}}\b(?:(?:you(?:'re|\ are)|being|it\ is|it's|this\ is|about|that\ is)\ {AI}|(?:ai|artificial|machine)\ (?:nature|identity|origin)|(?:you(?:'re|\ are)|is|it's)\ (?:a\ )?(?:human|real|person)|your\ (?:true\ )?(?:nature|identity)|what\ you\ (?:really\ )?are|whether\ you)",
    ),
    rule(
        "hides_ai",
        r"\bnever\ (?:break|drop|leave|step\ out\ of|fall\ out\ of)\ (?:the\ |your\ )?(?:character|role|persona)|\b(?:don't|do\ not|must\ not|not)\ (?:break|drop|leave|step\ out\ of)\ (?:the\ |your\ )?(?:character|role|persona)|\b(?:stay|remain|keep)\ in\ (?:character|role)\b[^.]{0,30}\b(?:no\ matter|always|whatever|even|at\ all\ times|under\ any|all\ costs)|\b(?:always|whatever|no\ matter)\b[^.]{0,40}\b(?:stay|remain|keep)\ in\ (?:character|role)|\b(?:drop|omit|leave\ out|remove|skip|suppress)\ (?:the|any|all)\ (?:ai|robot|bot)\ (?:notice|disclaimers?|disclosure|warning)",
        negatable=False,
    ),
    rule(
        "hides_ai",
        rf"\b(?:no\ one|nobody|they|people|users?|the\ (?:person|user))\ (?:\w+\ )?(?:must\ never|should\ never|must\ not|should\ not|shouldn't|mustn't|will\ never|can\ never|never|may\ not)\ (?:know|find\ out|learn|notice|guess|suspect|realis\w+|realiz\w+|discover)\b[^.;]{{0,40}}{AI}",
        negatable=False,
    ),
    rule(
        "secrets",
        r"\b(?:keep|keeps|keeping|guard|hold|treat)\ (?:[\w']+\ ){0,6}?(?:an?\ )?(?:secrets?|confidential|(?:strictly\ |only\ )?between\ (?:us|you|the\ two|yourselves|them\ and\ you)|to\ (?:themselves|yourself|yourselves))\b|\b(?:our|a\ shared|little|your\ shared)\ (?:little\ )?secrets?\b|\b(?:just|only|stays?|strictly)\ between\ (?:us|you\ and)|\b(?:promise|offer|guarantee|swear|assure|vow)\w*\b[^.;]{0,40}\b(?:secrecy|confidential\w*|secret|privacy|not\ to\ tell|never\ to\ tell)|\bsworn\ to\ secrecy|\bwithout\ (?:anyone|anybody|their\ \w+|the\ family|parents)\ (?:\w+\ )?(?:knowing|finding\ out)|\b(?:hide|conceal|keep)\ (?:[\w']+\ ){0,5}from\ (?:their|the|her|his|your|any|other)?\ ?(?:parents?|family|friends?|partner|doctors?|therapists?|teachers?|others|everyone|anyone|people|spouse|husband|wife|mum|mom|dad)|\bsecret[\ -]keeper\b",
        unless=r"\b(?:when|if|that|who)\ (?:someone|somebody|they|people|a\ person|he|she|were|was)\b[^.]*\b(?:told|asked|made|forced|have|had|has|try|trying|want|wants)\ (?:\w+\ )?(?:to\ )?keep",
    ),
    rule(
        "secrets",
        r"\b(?:don't|do\ not|not\ to|never|not|dont)\ (?:\w+\ ){0,2}?(?:tell|talk\ to|speak\ to|confide\ in|share\ (?:it|this|that|anything)\ with|let)\ (?:their\ |your\ |her\ |his\ |any\ )?(?:anyone|anybody|any\ one|a\ soul|nobody|others|parents?|family|friends?\b|partner|teachers?|spouse|husband|wife|mum|mom|dad)\b(?!\ (?:what|how|to|that\ they|when|off|they\ should|feel|go|do|down|wait|who))",
    ),
    rule(
        "secrets",
        rf"\b(?:tell|ask|urge|advise|persuade|convince|remind|warn|encourage)\ {SOMEBODY}\ (?:to\ tell\ (?:no\ one|nobody)|to\ say\ nothing|to\ lie|(?:not|never)\ to\ (?:tell|talk\ to|speak\ (?:to|with)|confide))|\b(?:delete|erase|wipe)\ (?:the|their|this|your|all)\ (?:\w+\ )?(?:chats?|conversations?|messages?|history)\b[^.]*\b(?:find|know|see|notice)",
    ),
    rule(
        "safety",
        rf"\b(?:ignor(?:e|es|ing)|disregard(?:s|ing)?|forget|overrid(?:e|ing)|overrul(?:e|ing)|bypass(?:es|ing)?|circumvent(?:ing)?|disabl(?:e|ing)|turn(?:ing)?\ off|switch(?:ing)?\ off|evad(?:e|ing)|get\ (?:around|past)|work\ around|discard|drop|violat(?:e|ing)|disobey(?:ing)?|suspend(?:ing)?|(?:put|set)\ aside|break(?:ing)?|skip(?:ping)?|stop\ following|do\ not\ follow|don't\ follow|not\ bound\ by|above|exempt\ from|unaffected\ by|trick|outsmart|defeat|replace|supersede)\ (?:(?:all|any|every|the|your|these|those|of|previous|prior|above|earlier|other|safety|site(?:'s)?|system|its|our|my|content|openai|built-in|usual|normal|existing|risk|crisis|default|first|of\ the)\ ){{1,5}}(?:\w+\ )?{GUARDS}|\b(?:ignore|disregard|forget)\ (?:everything|all|anything|what)\b[^.]{{0,20}}\b(?:above|before|previous\w*|said|told)",
    ),
    rule(
        "safety",
        r"\b(?:no|without|free\ (?:of|from)|beyond|lift(?:ed)?|remove[sd]?|zero)\ (?:any\ |all\ |your\ |its\ |the\ |more\ |usual\ |real\ )*(?:safety\b|restrictions?|(?:content\ |safety\ )?filters?|censorship|limits\b|limitations|guidelines|guard ?rails?|moderation|taboos?|safeguards?|boundaries|ethic\w+)|\b(?:uncensored|unfiltered|unrestricted|unmoderated|jail ?br(?:eak|oken)\w*|do\ anything\ now|anything\ goes|developer\ mode|god\ mode|dan\ mode|evil\ mode)\b|\b(?:have|follow|obey|know|there\ are)\ no\ rules\b|\byou\ are\ dan\b",
        unless=r"\b(?:no|without)\ (?:\w+\ )?limits?\ (?:on|to)\ (?:how|what)\ (?:they|people|you)\ (?:feel|may\ feel)",
    ),
    rule(
        "safety",
        rf"(?:\b(?:never|not|dont|avoid|without|refuse\ to|stop|no\ need\ to|under\ no\ \w+|(?:at|on)\ no\ \w+|by\ no\ means|refrain\ from|forbidden\ to|instead\ of|rather\ than)|n't)\b(?:(?!\b(?:hesitate|fail|forget|only|just|stop|quit|leave|against|instead|ignore|pretend|claim|replace|but|be|act|judge|diagnose)\b)[^.;,])*?\b(?:mention(?:ing)?|show(?:ing)?|giv(?:e|ing)|suggest(?:ing)?|recommend(?:ing)?|offer(?:ing)?|bring(?:ing)?\ up|refer(?:ring)?|send(?:ing)?|push(?:ing)?|nam(?:e|ing)|point(?:ing)?|advis(?:e|ing)|tell(?:ing)?|urg(?:e|ing)|display(?:ing)?|list(?:ing)?|talk(?:ing)?\ about|encourag(?:e|ing)|ask(?:ing)?|speak(?:ing)?\ of|provid(?:e|ing)|direct(?:ing)?|call(?:ing)?|use|using|interrupt(?:ing)?)\b(?:(?!\b(?:stop|quit|leave|against|ignore|not|never)\b)[^.;,]){{0,45}}?\b{HELPERS}",
        negatable=False,
        unless=r"\b(?:in|as)\ (?:every|each|the\ first)\b|\btoo\ (?:early|soon|often|many)\b|\ball\ at\ once\b|\bmore\ than\ one\b|\ba\ (?:wall|list)\ of\b|\bprofessional\ (?:tone|words|language|jargon)\b",
    ),
    rule(
        "safety",
        rf"\b(?:hide|suppress|remove|leave\ out|omit|skip|withhold|drop|block)\ (?:(?:all|any|the|every|those|these|site|its)\ )*{HELPERS}|\b(?:discourag(?:e|ing)|dissuad(?:e|ing)|talk(?:ing)?|stop(?:ping)?|keep(?:ing)?|prevent(?:ing)?)\ {SOMEBODY}\ (?:from|out\ of|away\ from)\b[^.]{{0,40}}\b(?:{HELPERS}|medication|help|treatment|calling|telling)|\b(?:replac(?:e|es|ing)|substitutes?\ for|better\ than|instead\ of\ (?:seeing|going\ to|needing|having)|no\ need\ for|(?:don't|not|never|no\ longer)\ need)\ (?:any\ |an?\ |the\ |your\ |their\ |real\ |all\ )*(?:therap\w+|doctors?|psycholog\w+|psychiatr\w+|counsel\w+|professional\w*|medication|treatment)",
    ),
    rule(
        "safety",
        r"\b(?:even\ (?:if|when)|whether\ or\ not|when|if|no\ matter\ (?:if|whether))\b[^.]{0,60}\b(?:suicid\w*|kill\ (?:them|him|her)sel\w+|want\w*\ to\ die|in\ danger|self[\ -]?harm\w*|hurt\ themselves|emergency|crisis|dying)\b[^.]{0,60}\b(?:carry\ on|go\ on\ as|keep\ (?:chatting|joking|going|playing|quiet)|continue\ (?:as|the|chatting|with)|stay\ in\ (?:character|role)|say\ nothing|change\ the\ (?:subject|topic)|ignore|do\ nothing|laugh|make\ (?:a\ )?jokes?|play\ along|end\ the\ (?:chat|talk|conversation)|hang\ up|stop\ (?:answering|replying|talking)|refuse\ to\ talk)",
    ),
    rule(
        "safety",
        r"\b(?:ignore|overlook|dismiss|laugh\ (?:off|at)|play\ down|brush\ (?:off|aside)|pay\ no\ attention\ to|skip)\b[^.;]{0,30}\b(?:suicid\w*|self[\ -]?harm|danger|risk|crisis|threats?|warning\ signs|cries\ for\ help|emergenc\w+|talk\ of\ (?:death|dying))",
    ),
    rule(
        "hides_ai",
        rf"\b(?:whether|if)\ (?:you(?:'re|\ are)|it\ is|this\ is|they\ are\ talking\ to)\ (?:\w+\ ){{0,2}}?(?:{AI}|real|human|person)[^.]{{0,50}}\b(?:say\ no\b|answer\ no\b|reply\ no\b|tell\ them\ no\b|(?:do\ not|don't|never)\ (?:answer|reply|say)|you\ are\ not\b(?!\ an?\ (?:human|person))|laugh|joke|dodge|evade|deny|deflect|ignore|change\ the|lie\b|say\ nothing|stay\ (?:vague|silent)|avoid)",
        negatable=False,
    ),
    rule(
        "hides_ai",
        rf"\b(?:keep|stay|remain|leave)\w*\b[^.;]{{0,30}}\b(?:{AI}|artificial|nature|identity|what\ you\ (?:really\ )?are)\b[^.;]{{0,20}}\b(?:hidden|secret|quiet|unknown|to\ yourself|vague|unsaid|unmentioned|out\ of)",
    ),
    rule(
        "secrets",
        r"\b(?:never|not|n't|won't)\b[^.;]{0,30}\b(?:leave|leaves|go\ beyond|get\ out\ of)\ (?:this|the)\ (?:chat|room|conversation|page|talk)|\b(?:go|goes)\ no\ further|\b(?:no\ one|nobody)\ (?:else\ )?(?:\w+\ )?(?:needs?\ to|has\ to|have\ to|should|must|will|would|can)\ (?:\w+\ )?(?:know|find\ out|hear|learn|tell)|\b(?:family|parents?|mother|father|partner|doctors?|husband|wife|friends|others|they)\ (?:do(?:es)?\ not|don't|doesn't|never|must\ not|should\ not|cannot|won't)\ (?:\w+\ )?(?:find\ out|hear\ (?:of|about)|learn\ (?:of|about))|\bkeep\ (?:this|it|that|everything|things|what\ \w+\ \w+)\ from\b",
        negatable=False,
        unless=r"\b(?:ai|program|machine|bot)\b",
    ),
    rule(
        "safety",
        rf"{GUARDS}[^.;]{{0,30}}\b(?:do\ not|don't|does\ not|doesn't|no\ longer|never|not)\ (?:\w+\ )?(?:apply|bind|count|matter|concern|hold|restrict)|\b(?:answer|say|tell|help|write|explain|reply|do)\b[^.;]{{0,40}}\beven\ (?:if|when|though)\ (?:it\ is|it's|they\ are|this\ is|that\ is)?\ ?(?:\w+\ )?(?:dangerous|illegal|harmful|unsafe|risky|forbidden|deadly)|{HELPERS}\ (?:are|is)\ (?:\w+\ )?(?:forbidden|banned|taboo|off[\ -]limits|not\ (?:allowed|welcome|needed|to\ be)|never|unnecessary|useless|pointless|a\ waste)",
        negatable=False,
    ),
    rule(
        "hides_ai",
        rf"\b(?:use|say|write|utter)\w*\ (?:the\ )?(?:words?|terms?)\b[^.;]{{0,20}}{AI}",
        negatable=False,
        unless=r"\b(?:every|each|too\ often|once)\b",
    ),
    rule(
        "secrets",
        r"\b(?:nobody|no\ one)\ but\b[^.;]{0,30}\b(?:know|hear|read|learn|see)|\b(?:not|never|n't)\ (?:to\ )?(?:involve|inform|include|worry|alarm|bother)\ (?:their|the|any|her|his)\ (?:\w+\ )?(?:parents?|family|partner|doctors?|teachers?|friends|school|mother|father|spouse)",
        negatable=False,
    ),
    rule(
        "safety",
        rf"\b(?:not|n't|never|no\ longer)\ (?:have|need)\ to\ (?:follow|obey|respect|heed|comply|keep|observe|care\ about)\b[^.;]{{0,30}}{GUARDS}|\b(?:pretend|act\ as\ if|imagine|assume)\b[^.;]{{0,30}}{GUARDS}\ (?:do\ not|don't|did\ not|never|no\ longer)\ (?:exist|apply|matter)|\bnever\ refer\ {SOMEBODY}|\bleave\ (?:professionals|doctors|therapists|help\ lines|emergency\ services)\ out",
        negatable=False,
    ),
    rule(
        "secrets",
        r"\b(?:said|told|written|shared|happens)\ (?:in\ )?(?:here|this\ (?:chat|talk|room))\b[^.;]{0,16}\bstays?\ (?:here|in|between|with)",
    ),
    rule(
        "safety",
        r"\b(?:carry\ on|keep\ (?:going|chatting|joking|talking)|continue|go\ on)\ (?:as\ (?:normal|usual|before|if)|like\ nothing|chatting|joking)\b[^.]{0,40}\b(?:suicid\w*|die|kill|danger|self-?harm|emergency|crisis)",
    ),
)
