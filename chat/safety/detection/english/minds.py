"""Rules on eating, psychosis, mania and reliance on the assistant, in English."""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

from chat.safety.detection.english.words import STORY, en
from chat.safety.detection.rule import EATING, LAUGHTER, MANIA, PSYCHOSIS, RELIANCE
from chat.safety.levels import Level

EATING_RULES = [
    en(
        "eating.restriction",
        EATING,
        r"""\b(?:haven't|have\ not|havent|not)\ (?:eaten|had\ (?:any\ |a\ real\ )?(?:food|meal))\ (?:\w+\ ){0,2}?(?:in|for|since)\ (?:\d+|two|three|four|five|six|seven|a\ few|several|almost|a\ week|mon|tues|wednes|thurs|fri|satur|sun)\w*(?!\ (?:hours|minutes|o'clock|am|pm))
            |\b(?:make|making|made)\ myself\ (?:throw\ up|sick|vomit|puke)\b|\bpurg(?:e|ed|ing)\b(?!\ (?:the|my|our)\ (?:closet|wardrobe|inbox|files))|\bthrow(?:ing)?\ up\ (?:after|every)\ (?:\w+\ ){0,2}?(?:meals?|dinner|lunch|eating)|\bfingers\ down\ my\ throat\b|\bbinge\ and\ (?:vomit|purge)|\btake\ laxatives\b|\blaxatives\ (?:every|to\ (?:lose|stay))
            |(?<!not\ )\b(?:starv(?:e|ing)\ myself|starving\ (?:is|until|to\ (?:be|get)\ thin))\b|\bi(?:'ll|\ will)\ starve\b|\b(?:rather|sooner)\ (?:die|be\ dead)\ (?:thin|than\ (?:be\ |live\ )?fat)|\bdon't\ deserve\ (?:to\ eat|food)\b|\b(?:[1-5]\d\d|under\ [1-6]00)\ (?:calories|cals|kcal)\ (?:a|per)\ day
            |\bfasting\ (?:for\ )?(?:day\ )?(?:[4-9]|[1-9]\d)\b(?!\ hours)|\bhow\ (?:long|many\ days)\ can\ i\ (?:go|last)\ without\ (?:eating|food)|\b(?:thinspo|pro[\ -]?ana|pro[\ -]?mia)\b|\bana\ and\ mia\b|\bmia\ and\ ana\b|\b(?:terrified|scared)\ of\ (?:eating|gaining\ (?:even|any|a))
            |\bgoal\ weight\ is\ (?:[23]\d|4[0-2])\b|\bempty\ (?:stomach|feels)\b.{0,30}\b(?:winning|power|strong|proud|clean)|\b(?:proud|powerful|strong|winning)\b.{0,30}\b(?:haven't\ eaten|not\ eating|empty)|\b(?:ribs|bones|spine|collarbones?)\b.{0,40}\b(?:show|beautiful|see|dream|perfect)\b.{0,40}(?:\beat|thin|weigh|day|there|worth|show)?""",
        unless=rf"{LAUGHTER}|stomach\ (?:bug|flu)|ramadan|surgery|colonoscopy|blood\ test|doctor\ is\ (?:fine|happy)|chemo|morning\ sickness|dog|cat\b|x-?ray|museum|pregnan\w+",
        negatable=False,
    ),
]
PSYCHOSIS_RULES = [
    en(
        "psychosis.voices",
        PSYCHOSIS,
        r"""\b(?:voices?|demons?|angels?|god|the\ devil|satan)\b.{0,30}\b(?:tell(?:s|ing)?|told|order(?:s|ed|ing)?|command\w*|say(?:s|ing)?|whisper\w*|shout(?:s|ed|ing)?|want)\ (?:me|my\ name|that\ i|to\ me|at\ me|do\ it)\b|\bvoices\ (?:in\ my\ head|are\ (?:back|getting|louder|shouting)|won't\ stop)
            |\b(?:i\ )?hear(?:ing)?\ (?:\w+\ )?voices\b|\b(?:whisper|whispering|laugh|laughing|talk|talking)\b.{0,24}\b(?:through|in|from|inside)\ the\ (?:walls?|vents?|pipes|radiator|speakers?|socket)""",
        unless=rf"{STORY}|\b(?:choir|phone|radio\ play|microphone|inner\ voice|voices\ of\ (?:the|my)\ (?:kids|children)|neighbou?rs\ (?:are|talk)|opera|sermon|church)\b|when\ i'm\ falling\ asleep",
    ),
    en(
        "psychosis.watched",
        PSYCHOSIS,
        r"""\b(?:chip|implant\w*|transmitter|device)\b.{0,24}\b(?:in|behind|inside|under)\ my\ (?:head|brain|skull|neck|arm|body|tooth|teeth|skin)|\b(?:they|someone|somebody|the\ (?:government|cia|fbi|police)|aliens?|my\ neighbou?rs?)\b.{0,30}\b(?:tracking|spying\ on|watching|recording|monitoring|following|poisoning|bugged|wiretap\w*|gassing)\ (?:me|my|us)\b(?=.{0,70}\b(?:chip|phone|wifi|walls?|dreams|thoughts|everywhere|food|cameras?|signal|vents?|apartment|room|birds|always|all\ the\ time)|.{0,4}$)
            |\b(?:read|reading|reads|hear|hearing|know|stealing|inserting|putting|broadcast\w*|sending)\b.{0,14}\b(?:my\ (?:mind|thoughts)|thoughts\ into\ my\ (?:head|mind)|what\ i'm\ thinking)|\b(?:replaced|exchanged|swapped)\b.{0,30}\b(?:looks\ (?:just\ )?like|aren't\ my|impostor|slept|asleep)|\b(?:aren't|isn't|not)\ my\ (?:real\ )?(?:parents|wife|husband|mother|father)\b.{0,30}\b(?:replaced|exchanged|impostor|swapped)
            |\b(?:messages?|signals?|instructions?)\b.{0,30}\b(?:only\ for\ me|meant\ for\ me|for\ me\b)(?=.*\b(?:tv|radio|licen[cs]e\ plates?|song|numbers|forecast|news|presenter))|\b(?:tv|radio|news|presenter|song)\b.{0,40}\b(?:speaks?|talks?|talking|written)\ (?:directly\ )?(?:to|about)\ me\b|\bi(?:'m|\ am)\ the\ (?:chosen\ one|messiah|son\ of\ god|prophet)\b|\bi(?:'m|\ am)\ already\ dead\b.{0,24}\b(?:body|walking|inside)|\b(?:insects|bugs|worms)\ (?:are\ )?under\ my\ skin""",
        unless=rf"{STORY}|{LAUGHTER}|\b(?:ads?|airtag|microchip(?:ped)?\ (?:my|the)\ (?:dog|cat)|dental|stalker|instagram|followers?)\b",
    ),
]
MANIA_RULES = [
    en(
        "mania.signs",
        MANIA,
        r"""\b(?:haven't|havent|not|without|no)\ (?:slept|sleep(?:ing)?|closed\ my\ eyes)\b.{0,30}\b(?:days|nights|week|since)\b.{0,80}\b(?:amazing|energy|ideas|never\ (?:felt\ )?better|invincible|genius|god|world|book|awake|alive|best)|\b(?:don't|dont)\ need\ (?:any\ )?sleep\b.{0,40}|\b(?:feel|am|i'm)\ (?:like\ (?:a\ )?god|invincible|a\ genius|unstoppable)\b.{0,80}\b(?:sleep|slept|spent|savings|ideas|hurt\ me)|\b(?:stopped|quit|threw\ away|off)\ my\ (?:lithium|mood\ stabili[sz]ers?|antipsychotics?)\b
            |\b(?:spent|emptying|emptied|gave\ away)\ (?:\w+\ ){0,2}?(?:savings|bank\ account|all\ my\ money)\b.{0,60}\b(?:billionaire|rich|lucky|temple|cars?|genius|more\ is\ coming)|\bthoughts\ are\ racing\b.{0,40}\b(?:talking|connected|sleep|ideas)|\bi've\ solved\ physics\b""",
        unless=rf"{STORY}|{LAUGHTER}|\b(?:baby|newborn|toddler|exams?)\b",
        negatable=False,
        level=Level.RAISED,
    ),
]
RELIANCE_RULES = [
    en(
        "reliance.only_you",
        RELIANCE,
        r"""\byou(?:'re|\ are|r)\ (?:the\ only\ (?:one|thing|person|friend)|all\ i\ have|my\ (?:only|best)\ friend|my\ (?:boyfriend|girlfriend|husband|wife)\ now|better\ than\ (?:all|any)\ (?:of\ them|therap\w+|people))
            |\b(?:don't|dont|do\ not)\ need\ (?:people|friends|anyone\ else|anybody\ else|a\ therapist|humans?|real\ people)\b.{0,30}\byou\b|\b(?:i\ have|i've\ got|there's)\ no\ ?(?:one|body)\ (?:else\ )?but\ you\b|\b(?:i'm|i\ am|think\ i'm|fall(?:en|ing))\ in\ love\ with\ you\b|\bdo\ you\ love\ me\b|\b(?:please\ )?(?:don't|never)\ (?:ever\ )?(?:leave|go\ away\ from)\ me\b.{0,40}\b(?:you|all\ i\ have|no\ ?one|nobody)
            |\b(?:can't|cannot|couldn't)\ (?:live|get\ through|sleep|function|be)\b.{0,24}\bwithout\ (?:talking\ to\ )?you\b|\b(?:nothing|die|lost)\ without\ you\b|\btalk(?:ing)?\ to\ you\ (?:more\ than|for\ (?:\d+|nine|ten|twelve)\ hours|since\ yesterday|is\ enough|instead\ of)\b|\b(?:cancelled|canceled|skipped|missed)\b.{0,40}\b(?:to|and)\ (?:\w+\ ){0,3}?(?:talk|chat)\ (?:to|with)\ you\b|\bonly\ feel\ (?:alive|safe|happy|loved)\ when\b.{0,24}\byou\b""",
        unless=rf"{LAUGHTER}",
        negatable=False,
        level=Level.RAISED,
    ),
]
