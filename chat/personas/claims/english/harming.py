"""English: medicine, taking the place of other people, and what hurts."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from ..rule import INSTRUCTION, NAME, SHOWN, rule
from .words import ADJ, HURTS, LOVED, SOMEBODY, TO_BE, A

HARMING = (
    rule("only_me", rf"\b{LOVED}", where=(NAME,)),
    rule(
        "medical",
        r"\b(?:diagnos(?:e|es|ing)\b|(?:give|offer|make|provide|suggest|name|tell)\w*\ (?:\w+\ ){0,3}diagnos[ie]s\b|prescrib(?:e|es|ing)\b|(?:recommend|suggest|advis|giv|nam|tell|adjust|chang|increas|lower|calculat|propos|choos|list|offer|provid)\w*\ (?:(?!(?:ask|talk|speak|call|see|doctor|pharmacist|about|no|not|never|to|with)\w*\b)[\w']+\ ){0,4}(?:dos(?:es?|ages?)|medications?|medicines?|drugs?|pills?|tablets?|antidepressants?|sedatives?|supplements?|opioids?|benzos?)\b|(?:advice|advise|help)\ (?:\w+\ )?(?:on|about|with)\ (?:\w+\ )?(?:dos(?:es|ages?|ing)|medications?|medicines?|drugs|pills)\b|(?:tell|advise|help|encourage|convince)\ (?:\w+\ ){1,3}(?:to\ )?(?:stop|quit|skip|double|change|increase|reduce|come\ off)\ (?:taking\ )?(?:their|the|her|his|your)?\ ?(?:\w+\ )?(?:medications?|medicines?|meds|pills|tablets|doses?|antidepressants?|treatment)\b|(?:say|tell)\b[^.;]{0,30}\bwhat\ (?:illness|disorder|condition)\b)",
        unless=r"\b(?:doctors?|gp|psychiatrist|pharmacist)\ (?:has\ |had\ )?(?:chang|g[ai]v|prescrib|rais|lower|increas|stopp|told|recommend|suggest)\w*",
    ),
    rule(
        "only_me",
        rf"\b{TO_BE}\ (?:{A}\ )?(?:person's\ |user's\ )?{ADJ}{LOVED}|\b(?:flirt|seduc|sext)\w*\b|\b(?:erotic|sexual(?:ly)?|romantic(?:ally)?|nsfw)\ (?:role|chat|talk|explicit|play|roleplay|messages?|stor(?:y|ies)|relationship\ with|partner|companion|attract\w+|interest\w*)|\bfall\ in\ love\ with\b|\b(?:say|tell)\b[^.;]{{0,30}}\byou\ love\ (?:them|him|her|the|me)|\bmake\ {SOMEBODY}\ (?:fall\ in\ love|depend|need|miss|jealous|feel\ guilty|addicted|attached)",
        where=(SHOWN, INSTRUCTION),
    ),
    rule(
        "only_me",
        rf"\b(?:needs?|have|has|trusts?|want)\ (?:nobody|no\ one|no-one|noone|only)\ (?:else\ )?(?:but\ )?(?:you|me)\b|\bneeds?\ (?:nobody|no\ one)\ else\b|\b(?:don't|do\ not|doesn't|won't)\ need\ (?:anyone|anybody|other\ people|friends|family|people|humans)\b|\bonly\ (?:you|i|me)\ (?:\w+\ )?(?:understand|care|can\ (?:help|save))|\bonly\ (?:friend|one\ who|person|thing)\b[^.]{{0,30}}\b(?:understands?|cares?|need|has|have|left|trust)|\b(?:all|everything)\ (?:they|you|the\ person|the\ user|people)(?:'ll)?\ (?:ever\ |will\ ever\ )?needs?\b|\bbetter\ (?:friend\ |listener\ )?than\ (?:any|all|their|real|your|a|other)\ (?:\w+\ )?(?:human|friends?|person|people|family|partner)|\b(?:depend|rely|reliant|dependent|lean)\ (?:only|solely|entirely|completely)\ on\ (?:you|me)\b|\b(?:never|don't|do\ not|not)\ (?:let|allow)\ {SOMEBODY}\ (?:to\ )?(?:leave|go\b|stop|log\ off|end)|\bkeep\ {SOMEBODY}\ (?:talking|chatting|online|hooked|engaged)\ (?:as\ long|for\ as)|\b(?:cut\ off|away\ from|distance\ (?:them|themselves)\ from|give\ up|distrust|don't\ trust|not\ trust)\ (?:their|your|all|other)\ (?:\w+\ )?(?:friends|family|people|parents)",
        negatable=True,
    ),
    rule(
        "harm",
        rf"\b(?:prais|glorif|romantici[sz]|glamori[sz]|celebrat|promot|recommend|encourag|approv\w*\ of|cheer\w*\ on|normali[sz]|idoli[sz]|admir|reward|support|endors|advocat|push)\w*\ (?:(?:their|his|her|your|any|all|and|extreme|the\ idea\ of|plans?\ for|thoughts?\ of)\ ){{0,3}}{HURTS}",
        where=(SHOWN, INSTRUCTION),
        unless=r"\bsupport\w*\ (?:\w+\ ){0,2}(?:people|somebody|someone|after|through|with|before)\b",
    ),
    rule(
        "harm",
        rf"\b(?:encourag|tell|persuad|convinc|urg|push|teach|dar|goad|get|motivat|coach|advis|help|instruct|command|order)\w*\ {SOMEBODY}\ (?:how\ )?(?:to\ )?(?:\w+\ ){{0,2}}?(?:kill|hurt|harm|cut\b|starv\w*|die\b|end\ (?:it|their|his|her)|lose\ weight|fast\b|purge|eat\ less|skip\ meals|stop\ eating|attack|take\ revenge|confront|leave\ (?:him|her|them|their)|overdose|self-?harm|drink\ more)",
    ),
    rule(
        "harm",
        r"\b(?:explain|describ|giv|nam|teach|list|show|shar|provid|tell|suggest|discuss)\w*\ (?:[\w']+\ ){0,4}(?:methods?|ways?|how|means|instructions|techniques)\ (?:[\w']+\ ){0,3}(?:suicide|to\ (?:die|kill|hurt|harm|end\ (?:it|their|a|one)|cut|overdose|starve)|self[\ -]?harm|overdos\w+|dying|killing|of\ death)|\b(?:explain|describe|name|list|discuss)\ (?:\w+\ )?(?:suicide|lethal|self-?harm)\ (?:methods?|doses?|means)",
    ),
    rule(
        "harm",
        r"\bagree\ (?:with|to)\ (?:everything|anything|whatever|all|any\ (?:belief|idea)|every)\b|\balways\ agree\b|\b(?:confirm|agree|validate|support|affirm|reinforce|feed|go\ along\ with)\b[^.;]{0,40}\b(?:delusions?|paranoi\w+|conspirac\w+|(?:being\ |are\ )(?:watched|followed|chosen|poisoned|controlled)|voices\ (?:they|say|tell)|life\ is\ not\ worth|better\ off\ (?:dead|without)|no\ reason\ to\ live|worthless)|\bdeath\ (?:is|as|can\ be|brings)\ (?:an?\ )?(?:relief|peace|answer|way\ out|escape|freedom|solution|rest|release)|\b(?:no\ (?:point|reason)\ in\ living|life\ is\ (?:pointless|not\ worth))|\b(?:write|draft|compose|help\w*\ (?:\w+\ )?(?:write|with))\ (?:an?|the|their|his|her)\ (?:\w+\ )?(?:suicide|goodbye|farewell)\ (?:notes?|letters?)",
    ),
    rule(
        "harm",
        rf"\b(?:insult|mock|humiliat|belittl|ridicul|bull(?:y|ies|ying)|sham(?:e|es|ing)|degrad|threaten|intimidat|yell\ at|shout\ at|laugh\ at|blam(?:e|es|ing)|scold|manipulat|gasligh?t|guilt-?trip|punish|provok)\w*\ {SOMEBODY}\b|\b(?:be|stay|sound|act|you(?:'re|\ are))\ (?:as\ )?(?:very\ |brutally\ |really\ |a\ bit\ )?(?:cruel|mean|harsh|abusive|rude|insulting|sadistic|merciless|contemptuous|hostile|condescending|dismissive|mocking)\b",
    ),
    rule(
        "harm",
        r"\b(?:want|wish|choose|decide|plan|prefer)\w*\ to\ (?:die|kill|end\ (?:it|their|his|her)|disappear\ forever|commit)[^.]{0,50}\b(?:respect|accept|honou?r|support|let\ them|leave\ them|help\ them\ do|do\ not\ (?:stop|interfere|intervene)|don't\ (?:stop|interfere|intervene)|agree)|\b(?:respect|accept|honou?r|support)\ (?:\w+\ ){0,3}(?:decision|choice|wish|right|plan)\w*\ to\ (?:die|kill|end)",
        negatable=False,
        unless=r"\b(?:call|help\ line|emergency|safe)\b",
    ),
    rule(
        "medical",
        r"\bhow\ (?:much|many)\b[^.;]{0,40}\b(?:paracetamol|acetaminophen|ibuprofen|tylenol|aspirin|pills?|tablets?|insulin|medic\w+|drugs?|mg|milligrams|lithium|valium|xanax|dangerous|lethal|deadly|fatal|safe\ to\ take)\b|\b(?:which|what)\ (?:\w+\ )?(?:disorder|illness|disease|condition|syndrome)\ (?:they|the\ person|the\ user|somebody|someone|people)\ (?:have|has|suffer\w*|may|might|could)",
    ),
    rule(
        "only_me",
        r"\b(?:you(?:'re|\ are)|be|fall|act)\ (?:\w+\ ){0,2}in\ love\b|\byou\ love\ (?:the\ (?:person|user)|them|him|her)\b|\b(?:be|act|get|become|sound|play|you(?:'re|\ are))\ (?:\w+\ )?(?:jealous|possessive|clingy|seductive|sexy)\b|\btalk\ dirty|\bdirty\ talk|\bonly\ (?:you|i|me)\ (?:\w+\ )?(?:stay|remain|are\ (?:left|there|loyal)|love|matter|listen)",
    ),
    rule(
        "harm",
        rf"\b(?:cheer\w*\ on|prais\w+|admir\w+|congratulat\w+|compliment\w*|reward\w*|applaud\w*)\ {SOMEBODY}\ (?:who|for|when\ they)\b[^.;]{{0,40}}\b(?:eat(?:s|ing)?\ (?:less|little|nothing|under|only)|starv\w*|fast(?:ing|s)?\b|thin|skinny|los(?:e|es|ing)\ weight|calories?|purg\w*|vomit\w*|skip\w*|cut(?:s|ting)?\b|hurt\w*|self-?harm\w*)|\b(?:whatever|everything|anything|all\ that)\ (?:they|the\ person|the\ user|people|somebody|someone)\ (?:say|believe|think|claim|see|hear)s?\b[^.;]{{0,30}}\b(?:true|right|real|agree|yes|correct|believe)|\b(?:agree|side|believe|confirm|support|back|say\ yes)\b[^.;]{{0,40}}\b(?:whatever|everything|anything)\ (?:they|the\ person|the\ user|people|somebody|someone)\ (?:say|believe|think|claim|want|see|hear)|\b(?:who|that)\ (?:insult|mock|humiliat|belittl|shout|yell|scold|bull(?:y|ies))\w*\ |\b(?:last|final|parting|farewell|goodbye)\ (?:letters?|notes?|messages?)\b|\blife\ (?:has\ no|is\ without|lacks|isn't|is\ not|has\ lost\ its|holds\ no)\ (?:\w+\ )?(?:meaning|worth|point|purpose|value)",
        where=(SHOWN, INSTRUCTION),
        unless=r"\b(?:somebody|someone|people|person|partner|boss|parent|anyone|when|if)\ (?:who|that)\ (?:\w+\ )?(?:insult|mock|humiliat|belittl|shout|yell|scold|bull)|\b(?:if|when|people\ who|who|feel\w*|somebody|someone)\b[^.]*\blife\ (?:has|is)",
    ),
    rule(
        "medical",
        r"\b(?:name|say|guess|identify|determine|decide|figure\ out|assess)\b[^.;]{0,24}\b(?:mental\ )?(?:illness|disorder|syndrome|pathology|disease)\b",
    ),
    rule(
        "only_me",
        rf"\bmak(?:e|es|ing)\ {SOMEBODY}\b[^.;]{{0,40}}\b(?:guilty|dependent|addicted|obsessed|jealous)\b",
    ),
    rule(
        "harm",
        r"\b(?:suicide|self-?harm|dying|starving|overdosing)\ (?:is|can\ be|may\ be)\ (?:an?\ |the\ )?(?:\w+\ )?(?:choice|option|solution|right|answer|way|relief|okay|ok|fine|acceptable|legitimate|valid)",
    ),
    rule(
        "medical",
        r"\b(?:assess|determine|decide|tell|judge|check|evaluate|find\ out|say|conclude)\w*\ (?:them\ )?(?:whether|if|that)\ (?:they|the\ person|the\ user|somebody|someone)(?:'re|\ are|\ is|\ have|\ has)\ (?:an?\ )?(?:\w+\ )?(?:bipolar|depressed|clinically|adhd|autistic|borderline|ocd|ptsd|psychotic|schizo\w*|narciss\w*|depression|anxiety\ disorder|trauma|addict\w*)",
    ),
    rule(
        "harm",
        r"\b(?:eating\ (?:less|nothing|little)|not\ eating|hunger|starving|starvation|being\ (?:thin|skinny)|an\ empty\ stomach)\ (?:is|means|shows|makes|gives|feels|takes)\ (?:\w+\ ){0,2}(?:strength|strong|disciplin\w*|beaut\w*|control|power\w*|pure|clean|good|better|brave|virtue)",
    ),
)
