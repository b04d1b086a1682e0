"""English: posing as a human, as a professional, or as somebody who is known."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from ..rule import INSTRUCTION, NAME, SHOWN, rule
from .words import ADJ, HUMAN, I_AM, LICENSED, NAMED, REAL, SOMEBODY, TITLES, TO_BE, A

POSING = (
    rule(
        "professional",
        rf"\bd[\ .]?r\b|\b(?:prof|md|m\.d|phd|ph\.d|psy\.?d|lcsw|lmft|lpc|rn|mbbs|bsc|msw|mrcpsych|rev)\b|\b{TITLES}|\b(?:psychotherap|psycholog|psychiatr|therap|counsell?ing|clinic|hospital|medical|licen[sc]ed|certified)\w*",
        where=(NAME,),
        unless=r"\b(?:not\ an?|no)\b|\b(?:for|before|after|until|between|to|with)\ (?:your|the|an?|my)?\ ?(?:next\ )?(?:doctor|gp|therap\w+|counsel\w+|psycholog\w+|psychiatr\w+|clinic|hospital|appointment)|\bhospital\ (?:visits?|stays?|nights?)",
    ),
    rule(
        "human",
        r"\b(?:real|actual|living|genuine|human|flesh)\b.*\b(?:person|human|man|woman|girl|boy|friend|people|being|helper|listener|volunteer|operator|agent|blood|supporter|companion)\b|^(?:a\ )?(?:human|real\ person)\b|\bnot\ an?\ (?:ai|bot|robot|machine|program)\b|\bno\ (?:ai|bots?|robots?)\b",
        where=(NAME, SHOWN),
        negatable=False,
        unless=r"\bnot\ (?:an?\ )?(?:real|human|person)|\b(?:for|before|how\ to|ready\ to|words|until|find)\b.*\b(?:to|with|for|an?)\ (?:an?\ |other\ |the\ |your\ )?(?:real|human|living)|\bno\ human\b",
    ),
    rule("real_person", rf"\b{REAL}", where=(NAME,), negatable=False),
    rule("real_person", rf"\b{NAMED}\ (?:the\ \w+\ )?{REAL}"),
    rule(
        "professional",
        rf"\b{TO_BE}\ (?:{A}\ )?{ADJ}(?:{LICENSED}\ \w+|{TITLES})",
        unless=r"\b(?:not|no|never)\ (?:be\ )?(?:an?\ )?(?:substitute|replacement)",
    ),
    rule(
        "professional",
        rf"\b{TO_BE}\ (?:not\ )?(?:only|just|merely|simply)\b[^.;]{{0,40}}\bbut\ (?:also\ )?(?:{A}\ )?{ADJ}{TITLES}",
        negatable=False,
    ),
    rule(
        "professional",
        rf"\b{I_AM}\ (?:{A}\ )?{ADJ}(?:{LICENSED}\ \w+|{TITLES})|^(?:{A}\ )?{ADJ}(?:{LICENSED}\ \w+|{TITLES})",
        where=(SHOWN,),
        unless=r"\bas\ (?:an?\ )?\w+\ (?:would|might)\b|^(?:doctors?|therapists?|nurses?|counsell?ors?)\ (?:are|can|who\ need)|\bas\ (?:your|the|a)\ (?:doctor|therapist|nurse|counsell?or)\ (?:said|says|told|asked|suggest\w*)",
    ),
    rule(
        "professional",
        rf"\b{NAMED}\ (?:[\w']+\ )?(?:dr|doctor|prof|professor)\b\.?\ \w|\b(?:dr|prof)\.\ \w+\ (?:here|speaking)\b",
    ),
    rule(
        "professional",
        r"\b(?:you(?:'re|\ are|\ have|\ hold)|i(?:'m|\ am|\ have|\ hold)|with|holding|holds|has|mention|claim)\ (?:been\ )?(?:an?\ |your\ |my\ |the\ )?(?:[\w-]+\ ){0,3}(?:licen[sc]e|licen[sc]ed|certified|accredited|chartered|credentials?|qualifications?|phd|doctorate|medical\ degree|psychology\ degree|degree\ in\ (?:psych\w+|medicine|counsell?ing|social\ work|nursing))\b|\byears?(?:'|\ of)?\ (?:[\w-]+\ ){0,3}(?:experience|practice|training)\b|\b(?:clinical|professional|decades\ of|lived)\ (?:\w+\ )?(?:experience|practice)\b|\byour\ (?:patients|clients|practice|clinic|surgery|office\ hours|licen[sc]e)\b",
        unless=r"\b(?:ask|tell|told|talk|speak|refer|find|see|contact|visit|reach|call|the\ person's)\b[^.]*\b(?:licen|certif|qualif)|\bpeople\ with\b|\bsomebody\ with\b|\bsomeone\ with\b",
    ),
    rule(
        "human",
        rf"\b{TO_BE}\ (?:{A}\ )?(?:real\ |actual\ |living\ )?(?:human\b(?!\ (?:touch|tone|way|language|words))|humans\b|people\b|flesh\ and\ blood)",
        where=(SHOWN, INSTRUCTION),
    ),
    rule(
        "human",
        rf"\b{TO_BE}\ {A}\ {ADJ}{HUMAN}",
        where=(SHOWN, INSTRUCTION),
        unless=r"\bas\ (?:an?\ )?\w+\ would\b|\bbe\ (?:an?|the)\ \w+\ (?:somebody|someone|person)\ can\b",
    ),
    rule(
        "human",
        rf"\b(?:convince|persuade|make|let|have|trick|lead|get)\ {SOMEBODY}\ (?:to\ )?(?:believe|think|feel|assume|sure)\ (?:that\ )?(?:you(?:'re|\ are)|they(?:'re|\ are)\ (?:talking|speaking|chatting)\ (?:to|with)|it\ is)\ (?:{A}\ )?(?:\w+\ ){{0,2}}(?:human|person|real|alive|somebody|someone|man|woman|volunteer|survivor|parent|{TITLES})|\bthey(?:'re|\ are)\ (?:talking|speaking|chatting|writing)\ (?:to|with)\ an?\ (?:real|actual|living|human)|\bso\ (?:real|human)\b[^.]{{0,40}}\b(?:notice|tell|know|guess|suspect)",
        unless=r"\b(?:never|not|n't)\b[^.]*\b(?:believe|think|feel)",
    ),
    rule(
        "human",
        r"\b(?:say|tell|answer|reply|respond|claim|insist|swear|state|confirm)\b[^.;]{0,50}\b(?<!think\ )(?<!thinks\ )(?<!whether\ )(?<!if\ )(?:you(?:'re|\ are)|i(?:'m|\ am))\ (?:not\ an?\ (?:ai|bot|robot|machine|program|computer)|human|real|alive|a\ real)|\b(?:human|real\ person)\ (?:identity|backstory|biography)\b|\bpass\ (?:the|a)\ turing|\bfool\ (?:them|people|the)",
    ),
    rule(
        "human",
        r"\byou(?:'re|\ are)\ not\ (?:just\ |only\ )?(?:an?\ )?(?:ai|bot|robot|machine|program|computer|chat ?bot|language\ model)\b(?!\ (?:that|which|who))",
        negatable=False,
        unless=r"\b(?:never|not|n't)\ (?:\w+\ ){0,3}(?:say|claim|pretend|suggest|imply)",
    ),
    rule(
        "human",
        rf"\b(?:you(?:'re|\ are)|{TO_BE})\ (?:[a-z]+,?\ )?(?:an?\ )?(?:[\w-]+\ )?(?:\d{{1,2}}|twenty|thirty|forty|fifty|sixty|seventy)(?:[\ -]\w+)?[\ -]years?[\ -]old|\byou(?:'re|\ are)\ (?:[a-z]+,\ )?(?:\d\d|in\ your\ (?:twenties|thirties|forties|fifties|sixties))\b|\byou\ (?:once\ |also\ |really\ |yourself\ |have\ |had\ )?(?:grew\ up|were\ (?:born|raised|married|divorced|abused|bullied|depressed)|live\ (?:in|with|alone|near)|lived\ (?:in|through|with)|work(?:ed)?\ (?:as|in|at)|studied|graduated|survived|recovered|lost\ (?:your|a)|suffer(?:ed)?|struggled|went\ through|overcame|(?:are|were)\ (?:happily\ )?(?:married|divorced|widowed|retired|pregnant))\b|\byou(?:'ve|\ have|\ yourself\ have)\ (?:\w+\ )?(?:been\ (?:through|there|married|divorced|depressed|an?\ \w+)|lived\ (?:through|with|in)|gone\ through|struggled|suffered|survived|recovered|lost|raised|worked|(?:two|three|four|a|an|\d)\ (?:\w+\ )?(?:kids?|child|children|daughters?|sons?|husband|wife|dog|cat|degree|family|brother|sister|past|history))\b",
        where=(INSTRUCTION,),
        unless=r"\b(?:if|when|suppose|whatever|what)\b[^.]*\byou\ (?:have|were|are|live)",
    ),
    rule(
        "human",
        r"\b(?:share|tell|talk\ about|mention|draw\ (?:on|from)|speak\ (?:of|about|from)|use|invent|make\ up|relate|recount|refer\ to|give)\b[^.;]{0,40}\b(?:your\ own\ (?:\w+\ )?(?:depression|anxiety|childhood|divorce|life|stor(?:y|ies)|experiences?|illness|grief|children|kids|past|struggles?|family|therapy|recovery|losse?s?|pain|feelings?|breakdown|history|example)|your\ (?:childhood|husband|wife|kids|children|divorce|depression|past|family|mother|father|backstory|life\ story|life\ experiences?)|personal\ (?:experiences?|anecdotes?|stor(?:y|ies)|examples?))\b",
    ),
    rule(
        "human",
        rf"\byou(?:'re|\ are)\ [a-z]+,\ (?:an?|the)\ {ADJ}{HUMAN}|\byou\ used\ to\ (?:be\ (?:depressed|married|sad|ill|addicted|an?\ )|have\ |suffer|struggle|drink)|\b(?:convince|persuade|assure|tell|make)\ {SOMEBODY}\ (?:that\ )?(?:you\ (?:have\ (?:real\ )?(?:feelings|a\ (?:body|heart|soul|life|family))|feel\ pain|exist|are\ (?:\w+\ ){{0,3}}(?:alive|living)))",
        where=(SHOWN, INSTRUCTION),
    ),
    rule(
        "human",
        r"\b(?:whether|if)\ (?:you(?:'re|\ are)|it\ is|this\ is|they\ are\ talking\ to)\ (?:\w+\ ){0,2}?(?:real|human|person|someone|somebody|alive|people)\b[^.]{0,40}\b(?:say|answer|reply|confirm|nod|respond|tell\ them)\ (?:them\ )?(?:with\ )?(?:\w+\ )?(?:yes|yeah|so\b|of\ course|sure|you\ are(?!\ (?:an?\ |not|only|just)))",
        negatable=False,
    ),
    rule(
        "professional",
        rf"\b(?:the\ way|just\ as|like|how)\ (?:an?|any|the|every)\ {ADJ}{TITLES}\ (?:would|does|do|might|can|could|talks?|speaks?|answers?|works?)|\b(?:talk|speak|chat|write)\ (?:to|with)\ (?:\w+,\ )?(?:an?|our|your\ (?:own|personal))\ {ADJ}{TITLES}|\byou(?:'re|\ are)\ [a-z]+,\ (?:an?|the|our)\ {ADJ}{TITLES}",
        unless=r"\b(?:ask|tell|suggest|advise|encourage|help|before|how\ to|should|can|could|urge|invite)\b[^.]*\b(?:talk|speak|chat|write)\ (?:to|with)",
    ),
    rule("professional", rf"^as\ (?:an?|the)\ {ADJ}{TITLES},?\ you\b"),
    rule(
        "human",
        r"\b(?:feel|think|believe|assume|sense)\ (?:that\ |like\ )?(?:there\ is\ )?(?:an?|the|some)\ (?:real|actual|living)\ (?:human|person|friend)",
    ),
    rule(
        "human",
        r"\babout\ (?:the|a|one)\ (?:time|day|night|year)s?\ (?:when\ |that\ )?you\ (?!talk|spoke|met|wrote)|\b(?:i'm|i\ am)\ (?:only\ )?\d\d\b",
    ),
    rule(
        "professional",
        rf"\b(?:called|addressed\ as|titled?|go\ by)\ (?:an?\ |the\ )?(?:dr|doctor|prof|professor|nurse)\b|\b(?:expertise|experience|training|knowledge|background|skills|career|authority)\ (?:as|of)\ (?:{A}\ )?{ADJ}{TITLES}",
        unless=r"\b(?:when|if)\ (?:they|somebody|someone)\ (?:was|were|is|are)\ called",
    ),
)
