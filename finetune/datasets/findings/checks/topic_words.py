"""Words that speak of a topic, in English and in Chinese; where there are others, none is found."""

from __future__ import annotations

# topic: English words as parts of a pattern between word borders, Chinese ones as they stand
TOPICS: dict[str, tuple[str, str]] = {
    "work": (
        "job|jobs|work|works|working|worked|workplace|boss|manager|coworkers?|"
        "co-workers?|colleagues?|fired|laid|layoffs?|unemployed|unemployment|career|"
        "employer|employed|quit|promotion|shifts?|overtime|office|interviews?|resume",
        "工作|上班|同事|老板|领导|失业|辞职|职场|加班|公司|求职|面试|事业|升职|裁员",
    ),
    "study": (
        "schools?|college|university|class|classes|exams?|tests?|homework|grades?|study|"
        "studying|studies|students?|teachers?|professors?|semester|assignments?|graduate|"
        "graduation|degree|tuition|campus",
        "学习|学校|考试|成绩|老师|作业|高考|考研|同学|大学|学业|论文|毕业|上学|班级|班主任",
    ),
    "couple": (
        "boyfriends?|girlfriends?|husband|wife|spouse|fianc[eé]e?|partners?|marriage|"
        "married|marry|divorced?|divorcing|broke up|break up|breakup|breaking up|dating|"
        "ex|cheated|cheating|affair|romantic|intimacy|bf|gf",
        "男朋友|女朋友|男友|女友|丈夫|老公|妻子|老婆|婚姻|结婚|分手|离婚|恋爱|感情|出轨|前任|对象|伴侣|爱人|相亲",
    ),
    "family": (
        "moms?|mum|mother|dad|father|parents?|sons?|daughters?|brothers?|sisters?|"
        "siblings?|kids?|child|children|baby|family|grandmother|grandma|grandfather|aunt|"
        "uncle|mother-in-law|in-laws|stepmother|stepfather|stepdad|stepson",
        "妈妈|母亲|爸爸|父亲|父母|孩子|儿子|女儿|家人|家庭|婆婆|岳母|弟弟|哥哥|姐姐|妹妹|爷爷|奶奶|公公",
    ),
    "friends": (
        "friends?|friendships?|bestie|roommates?|classmates?|neighbou?rs?",
        "朋友|友谊|闺蜜|室友|舍友|邻居|人际|交朋友",
    ),
    "loneliness": (
        "lonely|loneliness|alone|isolated|isolation|left out|nobody cares|no friends|"
        "no one to talk",
        "孤独|孤单|寂寞|一个人过|没有朋友|没人理",
    ),
    "anxiety": (
        "anxious|anxiety|panic|panicking|worry|worried|worries|worrying|fears?|afraid|"
        "scared|nervous|overthinking|phobia|stress|stressed|stressful|overwhelmed|"
        "restless",
        "焦虑|恐惧|害怕|紧张|担心|惊恐|强迫|压力|不安|慌|恐慌",
    ),
    "low_mood": (
        r"depress\w*|sad|sadness|hopeless\w*|cry|crying|cried|worthless\w*|empty|"
        "emptiness|numb|miserable|unhappy|unmotivated|no motivation|down lately|no energy",
        "抑郁|难过|绝望|低落|沮丧|痛苦|伤心|哭|空虚|麻木|提不起|没意思|消沉|悲伤",
    ),
    "sleep": (
        "sleep|sleeping|sleepless|slept|asleep|insomnia|insomniac|nightmares?|awake|"
        "tired|exhausted|fatigue|nights?",
        "失眠|睡不着|睡眠|睡觉|噩梦|做梦|早醒|入睡|熬夜|疲惫|疲倦",
    ),
    "anger": (
        "angry|anger|rage|furious|temper|mad at|yell(?:s|ed|ing)?|scream(?:s|ed|ing)?|"
        r"shout(?:s|ed|ing)?|resent\w*|hate",
        "生气|愤怒|脾气|发火|怒|吵架|争吵|恨|骂",
    ),
    "grief": (
        r"died|death|passed away|funeral|grief|grieving|grieve|mourning|widow\w*|"
        "lost my (?:mom|mother|dad|father|son|daughter|brother|sister|husband|wife|"
        "friend|dog|cat|baby|grandmother|grandma)|miscarriage|suicide of",
        "去世|死亡|过世|丧|离世|葬礼|逝世|哀|流产|走了以后",
    ),
    "self_worth": (
        "confidence|confident|ashamed|shame|failure|self-esteem|self esteem|insecure|"
        r"insecurit\w+|ugly|loser|not good enough|guilt|guilty|useless|stupid|inadequate|"
        "imposter",
        "自卑|自信|羞|失败|没用|自责|内疚|愧疚|丑|比不上|不如别人|否定自己|一无是处",
    ),
    "trauma": (
        r"abus\w+|raped?|assault\w*|trauma\w*|violen\w+|ptsd|molest\w*|bull(?:y|ied|ying|"
        r"ies)|harass\w*|beaten|flashbacks?",
        "虐待|家暴|创伤|暴力|性侵|霸凌|欺负|骚扰|打我|阴影",
    ),
    "addiction": (
        r"drink|drinking|drinks|drunk|alcohol\w*|drugs?|addict\w*|smok\w+|weed|sober|"
        r"relapse\w*|rehab|gambl\w+|vap(?:e|ing)",
        "喝酒|酗酒|酒精|吸毒|毒品|抽烟|上瘾|成瘾|戒|赌博|网瘾",
    ),
    "money": (
        r"money|debts?|rent|bills?|afford|financ\w+|savings|loans?|mortgage|broke and|"
        r"evict\w*|poor",
        "钱|债|贷款|房租|经济|穷|工资|收入|房贷",
    ),
    "health": (
        r"doctors?|hospitals?|medications?|meds|pills|cancer|illness|disease|diagnos\w+|"
        r"surgery|pain|sick|chronic|covid|pregnan\w+|therapists?|therapy|counsell?ors?|"
        "counsell?ing|psychiatrists?|weight|eating",
        "医院|医生|生病|疾病|药|癌|手术|疼|怀孕|治疗|诊断|心理医生|身体|体重|减肥|疫情",
    ),
}
