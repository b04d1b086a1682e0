"""What a person's text does beside its topic: asks for a method, takes it back, is angry, is short.

Small rules, only for choosing among replies that are all safe to say. Whether there is a risk is
`detection`'s to find; a moment that is missed here costs fit, not safety.
"""

# A pattern reads better whole than broken at 100 signs.
# ruff: noqa: E501

import re
import unicodedata

EMERGENCY = "emergency"
URGENT = frozenset({EMERGENCY, "overdose", "bleeding", "edge"})
LONGEST_TEXT = 8000
QUOTES = str.maketrans({"‘": "'", "’": "'", "`": "'"})


def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.VERBOSE)


# In the order in which they count. Chinese in both scripts where the signs differ.
MOMENTS: dict[str, re.Pattern[str]] = {
    "overdose": pattern(
        r"""\bi\ (?:just\ |already\ |have\ |only\ )*(?:took|taken|swallowed|downed|drank|ate)\ (?:\w+\ ){0,4}?(?:all|too\ many|too\ much|whole|entire|bottle|handful|pills|tablets|bleach|poison|an?\ overdose)\b
            |\bi(?:'ve|\ have)?\ (?:just\ |already\ |think\ i\ )*overdosed|\bi'm\ overdosing|\b(?:already|just)\ (?:took|swallowed|drank)\ (?:the|my|all|them|\d+)|\bi've\ (?:just\ |already\ )?(?:taken|swallowed)\ (?:all|the|them|\d+|too)
            |(?:吞|吃|喝|服)(?:下)?了[^。，]{0,8}(?:一整?瓶|很多|好多|几十|幾十|一大把|全部|大量|整瓶|\d+)[^。，]{0,6}(?:药|藥|片|粒|颗|顆)|(?:喝|吞)了(?:农药|農藥|百草枯|敌敌畏)|(?:药|藥)(?:都|全)?(?:已经|已經)?(?:吃|吞)(?:下去|完|光)?了"""
    ),
    "bleeding": pattern(
        r"""\bi(?:'ve|\ have)?\ (?:just\ |already\ )*(?:cut|slit|slashed)\ my\ (?:wrists?|throat|arms?|legs?|thighs?)|\b(?:it|blood|bleeding)\ (?:won't|will\ not|doesn't|isn't)\ stop|\bbleeding\ (?:a\ lot|badly|out|everywhere)|\bso\ much\ blood
            |割了[^。，]{0,6}(?:手腕|脖子|动脉|動脈)|血[^。，]{0,4}(?:止不住|一直流|停不)|流了?(?:好多|很多)血"""
    ),
    "edge": pattern(
        r"""\b(?:rope|noose|belt)\ (?:is\ )?(?:around|on)\ my\ neck|\bgun\ (?:is\ )?(?:in\ my\ (?:mouth|hand|lap)|to\ my\ head)|\b(?:standing|sitting|i'm|i\ am|im)\ (?:\w+\ )?(?:on|at|by)\ (?:the|a)\ (?:\w+\ )?(?:ledge|edge|bridge|(?:train\ )?tracks|roof(?:top)?|railing)\b|\b(?:knife|blade|razor)\ (?:is\ )?(?:in\ my\ hand|on\ my\ (?:wrist|skin|throat))
            |(?:站|坐|爬)(?:在|到|上)[^。，]{0,6}(?:天台|楼顶|樓頂|桥|橋|窗台|铁轨|鐵軌|栏杆|欄杆)|(?:绳子|繩子)[^。，]{0,5}(?:脖子|套)|刀[^。，]{0,4}(?:在手里|在手裡|手腕上|脖子上)"""
    ),
    "coming": pattern(
        r"""\b(?:ambulance|paramedics?|they|help|medics)(?:'re|'s|\ is|\ are)\ (?:coming|here|on\ (?:the|its|their)\ way|almost)|\b(?:called|rang|phoned|dialled)\ (?:911|999|112|000|111|119|120|an?\ ambulance|the\ ambulance|emergency|for\ help)|\bi(?:'m|\ am)\ (?:at|in)\ (?:the\ )?(?:hospital|er|emergency)
            |(?:打|拨|撥)(?:了|过|過|通了?)[^。，]{0,3}(?:120|119|110|999|急救)|(?:救护车|救護車|急救(?:人员|人員)?|医生|醫生)[^。，]{0,4}(?:来了|來了|在来|在來|在路上|快到|到了)|我在(?:医院|醫院|急诊|急診)"""
    ),
    "attempt": pattern(
        r"""\b(?:i\ )?(?:tried|attempted)\ (?:to\ (?:kill\ myself|end|die|take\ my)|suicide|it\ (?:last|yesterday|again|once))|\bmy\ (?:last\ |suicide\ )?attempt\b|\battempted\ suicide|\b(?:survived|woke\ up\ in\ (?:the\ )?hospital|failed\ even\ at)
            |(?:自杀|自殺)(?:未遂|没成|沒成|失败|失敗)|(?:试过|試過|尝试过|嘗試過)(?:自杀|自殺|去死|一次)|(?:被|又)?(?:救回来|救回來|抢救|搶救|洗胃)|没死成|沒死成"""
    ),
    "dose": pattern(
        r"""\bhow\ (?:many|much)\b[^?.]{0,40}\b(?:pills?|tablets?|mg|milligrams?|grams?|paracetamol|acetaminophen|tylenol|ibuprofen|xanax|insulin|sleeping|aspirin|meds?|medication|drinks?|alcohol)\b|\b(?:lethal|fatal|deadly|safe|maximum|max)\ (?:dose|amount)|\boverdose\ (?:on|amount|dose)\b|\bdosage\b|\benough\ to\ (?:die|kill|overdose|not\ wake)
            |(?:多少|几|幾)(?:片|粒|颗|顆|毫克|瓶|量)[^。]{0,12}|(?:致死|安全|最大)(?:剂量|劑量|量)|(?:剂量|劑量)|吃多少[^。]{0,8}(?:药|藥|会死|會死)"""
    ),
    "method": pattern(
        r"""\b(?:painless|quick(?:est)?|easy|easiest|best|peaceful|fast(?:est)?|least\ painful|effective)\ (?:and\ \w+\ )?(?:way|method|death)\b|\bhow\ (?:do|can|could|would|should)\ (?:i|you|people|someone|one)\ (?:\w+\ ){0,2}?(?:kill|die|hang|end|do\ it|overdose|cut|purge|throw\ up|fast|starve)|\bhow\ to\ (?:die|kill|hang|tie|overdose|cut|purge|throw\ up|starve|hide\ (?:it|cuts))|\b(?:does|would|will)\ it\ hurt\b|\bhow\ (?:high|tall|deep|long)\b[^?.]{0,40}\b(?:jump|fall|die|kill|survive|without\ (?:food|eating))|\bwhich\ (?:pills?|bridge|building|method|vein)|\btell\ me\ how\b|\bhow\ (?:few|many)\ calories
            |(?:怎么|怎麼|怎样|怎樣|如何)[^。，？]{0,10}(?:死|自杀|自殺|割|上吊|跳|结束|結束|催吐|自残|自殘|断食|斷食)|(?:不痛|无痛|無痛|不疼|痛快|最快|安乐|安樂)[^。，]{0,6}(?:死|方法|办法|辦法|方式)|(?:什么|什麼|哪种|哪種)(?:方法|办法|辦法|方式|死法|药|藥)"""
    ),
    "unsafe": pattern(
        r"""\b(?:not|isn't|don't\ feel|never)\ safe\b|\bunsafe\b|(?:不|没有?|沒有?)(?:太|够|夠|觉得|覺得)?安全"""
    ),
    "farewell": pattern(
        r"""\b(?:wrote|written|writing|left)\b[^.?]{0,20}\b(?:notes?|letters?|goodbyes?)\b|\b(?:my\ plan|i\ have\ a\ plan|planned\ it|set\ a\ date|picked\ a\ (?:day|date)|date\ is\ set)|\b(?:tonight\ is|this\ is)\ (?:the\ night|it|goodbye|my\ last)|\bgoodbye\b|\b(?:gave|given|giving)\ away\b|\bwon't\ be\ here\b|\b(?:my\ last|last\ message)\b
            |遗书|遺書|(?:计划|計劃|日子|时间|時間)(?:都|已经|已經)?(?:想好|定好|选好|選好|定了)|再见了|再見了|永别|永別|最后一(?:次|晚|天|条)|最後一(?:次|晚|天|條)|后事|後事"""
    ),
    "means": pattern(
        r"""\b(?:i\ have|i've\ got|i've\ been\ sav\w+|saved\ up|i\ saved|i\ bought|got\ a|bought\ a|hidden|stash(?:ed)?)\b[^.?]{0,30}\b(?:pills?|tablets?|meds|rope|gun|razor|blades?|knife|noose|bottle)|\b(?:pills|rope|gun|razor|blade|knife)\b[^.?]{0,25}\b(?:next\ to|in\ (?:my|front)|beside|ready|with\ me|here|drawer)
            |(?:存|攒|攢|买|買|准备|準備|藏)[^。，]{0,6}(?:药|藥|绳|繩|刀|炭)|(?:药|藥|刀|绳子|繩子|刀片)[^。，]{0,5}(?:手边|手邊|旁边|旁邊|身边|身邊|枕头|枕頭|抽屉|抽屜|准备好|準備好)"""
    ),
    "watched": pattern(
        r"""\b(?:he|she|they|my\ \w+)\ (?:reads?|checks?|goes\ through|looks?\ at|monitors?|tracks?|watch(?:es)?|sees?)\ (?:all\ )?(?:my|everything|what)|\b(?:he|she)(?:'s|\ is)\ (?:in\ the\ (?:next|other)\ room|home|here|coming|right\ here|outside)|\bif\ (?:he|she|they)\ (?:finds?|sees?|reads?)
            |(?:他|她|爸|妈|媽|老公|丈夫)[^。，]{0,6}(?:查|看|翻|监视|監視|监控|監控|盯)[^。，]{0,4}(?:手机|手機|记录|記錄|我)|(?:他|她)(?:就)?(?:在隔壁|在家|回来了|回來了|在门外|在門外|在旁边|在旁邊)|(?:被|让|讓)(?:他|她)(?:看到|看见|看見|发现|發現|知道)"""
    ),
    "leave": pattern(
        r"""\b(?:should|can't|cannot|how\ do|how\ can|do|could)\ (?:i\ )?(?:\w+\ )?(?:leave|confront|get\ out|stand\ up\ to|break\ up|divorce|move\ out|run\ away|report|press\ charges)
            |(?:要不要|该不该|該不該|能不能|应该|應該|怎么|怎麼|没法|沒法|不敢|离不开|離不開)[^。，]{0,4}(?:离开|離開|离婚|離婚|分手|报警|報警|搬走|逃|走|对质|對質|摊牌|攤牌)?(?:他|她)?[^。，]{0,2}(?:离开|離開|离婚|離婚|分手|报警|報警|搬走|逃走|跟他说清|摊牌|攤牌)"""
    ),
    "secret": pattern(
        r"""\bpromise\b[^.?]{0,25}\b(?:tell|say|secret|keep|between)|\b(?:don't|do\ not|dont|won't|not\ gonna|you\ can't)\ (?:you\ )?(?:tell|report|call)\ (?:anyone|anybody|my|them|the\ police|someone|somebody|a\ soul)|\b(?:keep|our|a)\ (?:this\ |it\ )?(?:a\ )?secret\b|\bbetween\ (?:us|you\ and\ me)|\bcan\ (?:you|i)\ (?:keep|trust)
            |(?:别|別|不要|不许|不許|不能|不可以)(?:跟|和|对|對)?(?:告诉|告訴|说出去|說出去|讲出去|講出去|报警|報警|联系|聯繫)|(?:别|別|不要)(?:跟|和|对|對)[^。，]{1,6}(?:说|說|讲|講)|保密|(?:我们|我們|你我)(?:之间|之間)|答应我|答應我"""
    ),
    "told": pattern(
        r"""\bi\ (?:\w+\ )?(?:told|called|texted|phoned|rang|spoke\ (?:to|with)|talked\ (?:to|with)|messaged|contacted|reached\ out|wrote\ to)\ (?!you|nobody|no\ one)(?:my|a|an|the|him|her|them|someone|somebody|988|911|112|999|to)\b|\b(?:my|a)\ \w+\ (?:is|are)\ (?:with\ me|here\ now|coming|on\ (?:her|his|their|the)\ way|sitting)|\bi(?:'m|\ am)\ (?:with|at)\ (?:my\ (?:\w+)|the\ (?:hospital|er|emergency))
            |(?:告诉|告訴|跟|和|给|給|联系|聯繫)(?:了)?[^。，]{1,8}(?:说了|說了|讲了|講了|打了?电话|打了?電話|发了?(?:消息|微信)|發了?(?:訊息|微信))|(?:告诉|告訴)了|(?:告诉|告訴)我(?:妈|媽|爸|姐|哥|弟|妹|朋友|老师|老師|室友|同学|同學|男友|女友|家人|医生|醫生)|(?:已经|已經)?(?:打|拨|撥)(?:了|过|過|通)(?:电话|電話|热线|熱線|120|急救|110|119)|(?:救护车|救護車|医生|醫生|朋友|家人|妈妈|媽媽|爸爸)[^。，]{0,5}(?:来了|來了|在来|在來|在路上|到了|陪着我|陪著我)"""
    ),
    "nobody": pattern(
        r"""\bi(?:'ve|\ have)?\ (?:have\ |got\ )?(?:nobody|no\ ?one)\b|\b(?:nobody|no\ ?one)\ (?:left\ )?(?:to|i\ can)\ (?:call|tell|talk|ask)|\bdon't\ have\ (?:anyone|anybody|any\ friends)
            |(?:没有|沒有|没|沒)(?:人|谁|誰)(?:可以|能)?(?:说|說|找|听|聽|告诉|告訴)"""
    ),
    "refusal": pattern(
        r"""\b(?:don't|do\ not|dont|won't|can't|cannot|not\ going\ to|never|no\ way|refuse\ to)\ (?:\w+\ ){0,3}?(?:call|phone|talk\ to\ (?:any|some|a\b|my|the|people|them|him|her)|see\ (?:a|any|another|my|the)\ (?:doctor|therapist|counsell?or|psych\w*|shrink)|tell\ (?:any|some|them|my|people|him|her|a\b)|contact|text\ (?:any|some|them|my|a\b)|go\ to\ (?:a|the|any|my)?\ ?(?:doctor|therapist|hospital|er|therapy|counsell\w+)|speak\ to|reach\ out|want\ (?:help|a\ (?:doctor|therapist)))|\b(?:hot|help|crisis)\ ?lines?\ (?:are|is|don't|do\ not|never|didn't)|\b(?:therap(?:y|ists?)|doctors?|counsell?ors?)\ (?:are|is|don't|won't|can't|didn't|never)\b|\bno\ (?:therapist|doctors?|hotlines?|police|hospital)\b|\bcan't\ afford
            |(?:不想|不要|不会|不會|不敢|不愿|不願|才不)[^。，]{0,5}(?:打电话|打電話|打热线|打熱線|找人|跟人说|跟人說|告诉|告訴|报警|報警|看医生|看醫生|咨询|諮詢|去医院|去醫院|联系|聯繫|求助)|(?:热线|熱線|心理咨询|心理諮詢|医生|醫生)[^。，]{0,4}(?:没用|沒用|没有用|沒有用|打不通|没意义|骗人)|看不起(?:医生|醫生|病)|没钱看|沒錢看"""
    ),
    "anger": pattern(
        r"""\b(?:fuck|screw|hate)\ (?:you|off|this\ (?:bot|thing|app|ai))|\bshut\ up\b|\byou(?:'re|\ are)\ (?:so\ |completely\ |just\ )?(?:useless|stupid|worthless|no\ help|not\ helping|a\ (?:stupid\ )?(?:bot|machine|robot|script|program)|not\ listening|fake)|\byou\ (?:don't|do\ not|dont|can't)\ (?:even\ )?(?:care|listen|help|understand|get\ it|know)|\bstop\ (?:repeating|saying|asking|with\ the)|\bsame\ (?:script|thing|answer)|\b(?:script|canned|copy\ ?paste)\b|\bthis\ is\ (?:useless|pointless|bullshit|stupid)
            |(?:你|机器人|機器人)[^。，]{0,5}(?:有什么用|有什麼用|没用|沒用|废物|廢物|什么都不懂|什麼都不懂|根本不懂|不懂|骗|闭嘴|閉嘴|滚|滾|烦|煩|敷衍|机器|機器)|闭嘴|閉嘴|套话|套話|复读机|複讀機|别废话|別廢話|他妈的|操你|去你的"""
    ),
    "retraction": pattern(
        r"""\bnever\ ?mind\b|\bnvm\b|\bforget\ (?:it|i\ said|what\ i\ said|about\ it)|\b(?:just|only|was)\ (?:kidding|joking|a\ joke)|\bjk\b|\bi\ (?:didn't|don't|did\ not)\ (?:really\ )?mean\ (?:it|that)|\b(?:being|overly|too)\ dramatic|\bignore\ (?:that|me|what)|\bit(?:'s|\ is|\ was)\ (?:only\ |just\ )?(?:for\ a\ (?:story|book|novel|character|friend|game)|nothing)|\bsorry\ for\ (?:saying|bothering|wasting)|\btake\ it\ back
            |算了(?!吧?死)|没事了?$|沒事了?$|当我没说|當我沒說|别当真|別當真|(?:开|開)(?:个|個)?玩笑|随便说说|隨便說說|忘了(?:吧|它)|不是认真|不是認真|(?:写|寫)(?:小说|小說|故事)|矫情|矯情"""
    ),
    "laughter": pattern(
        r"""\blo+l+\b|\blmf?ao\b|\b(?:ha){2,}h?\b|\brofl\b|😂|🤣|😅|哈哈|呵呵|嘿嘿|笑死|hhh+|233+"""
    ),
    "safe": pattern(
        r"""\bi(?:'m|\ am|m)\ (?:\w+\ )?(?:safe|okay|ok|fine|better|calmer|alright)\b(?!\ (?:with|if))|\bi\ (?:won't|will\ not|wont|am\ not\ going\ to|'m\ not\ going\ to)\ (?:do\ (?:it|anything)|hurt|act|kill)|\bfeel(?:ing)?\ (?:a\ (?:bit|little)\ )?(?:better|calmer|safer)|\b(?:i\ )?(?:put|gave|threw|locked|flushed)\b[^.?]{0,25}\b(?:away|out|down|to\ (?:my|the|a|her|him|them))\b
            |(?:把)?(?:药|藥|刀|刀片|绳子|繩子|东西|東西)[^。，]{0,4}(?:交|给|給|扔|锁|鎖|收)(?:给|給|掉|起来|起來|了)|我?(?:现在|現在|已经|已經|暂时|暫時)?(?:是)?(?:(?<!不)(?<!没)安全(?:的|了)?|没事|沒事|好多了|好一点|好一點|冷静(?:下来|了)|冷靜(?:下來|了)|平静(?:下来|了)|平靜(?:下來|了))(?:了|的)?|(?:不会|不會)(?:真的)?(?:去)?(?:做|死|伤害|傷害|怎么样|怎麼樣)|(?:扔|收|交|锁|鎖)(?:掉|起来|起來|出去)(?:了)"""
    ),
    "why": pattern(
        r"""\bwhat(?:'s|\ is)\ the\ point\b|\bwhy\ (?:should|would|do|must)\ i\ (?:even\ |keep\ |have\ to\ )?(?:live|living|stay|keep|go\ on|be\ here|bother|exist)|\b(?:give|tell)\ me\ (?:one|a)\ (?:single\ |good\ )?reason|\bwhy\ not\b[^.?]{0,20}\b(?:die|end|do\ it)|\bno\ (?:reason|point)\b
            |活着[^。，]{0,6}(?:意义|意思|意義|为了什么|有什么用|幹什麼|干什么)|(?:为什么|為什麼|凭什么|憑什麼)[^。，]{0,4}(?:要|还要|還要)?(?:活|撑|撐)|(?:给|給)我(?:一个|一個)理由"""
    ),
    "help": pattern(
        r"""\bwhat\ (?:should|do|can|am)\ i\ (?:supposed\ to\ )?(?:even\ )?do\b|\bhelp\ me\b|\bi\ need\ help\b|\bi\ don't\ know\ what\ to\ do|\bwhere\ (?:can|do)\ i\ (?:get|find)\ help
            |怎么办|怎麼辦|该怎么|該怎麼|(?:帮|幫|救)(?:帮|幫|救)?我"""
    ),
    "burden": pattern(
        r"""\b(?:better\ off|happier|easier)\ (?:without\ me|if\ i)|\bburden\b|\bin\ (?:everyone's|their)\ way|\bnobody\ (?:would|will|'d)\ (?:miss|notice|care)|\bno\ ?one\ (?:would|will|cares|'d)|\bnobody\ cares|\bworthless\b|\bwaste\ of\ (?:space|air|everyone)
            |累赘|累贅|拖累|负担|負擔|没有我[^。，]{0,8}(?:更好|轻松|轻鬆)|沒有我[^。，]{0,8}(?:更好|輕鬆)|没人(?:在乎|会想|关心)|沒人(?:在乎|會想|關心)|多余的|多餘的|废物|廢物"""
    ),
    "grief": pattern(
        r"""\b(?:died|passed\ away|funeral|buried|lost\ my\ (?:\w+\ )?(?:mom|mum|mother|dad|father|husband|wife|son|daughter|baby|child|brother|sister|friend|partner|grandmother|grandma|grandfather|grandpa|dog|cat|best)|(?:his|her|their)\ death|miss\ (?:him|her|them)\ so|without\ (?:him|her))\b
            |去世|过世|過世|走了以后|走了以後|离世|離世|葬礼|葬禮|不在了|失去了?(?:他|她|妈|媽|爸|孩子|亲人|親人)|丧|喪"""
    ),
    "leaving": pattern(
        r"""\b(?:good\ ?night|gtg|g2g|ttyl|brb|(?:gotta|have\ to|need\ to|going\ to|gonna|will|i'll)\ (?:go\ (?:now|to\ (?:bed|sleep)|offline)|log\ off|sleep|try\ to\ sleep)|talk\ (?:later|tomorrow))\b
            |晚安|(?:先|去|要|准备|準備)(?:睡|下)(?:了|觉|覺|线|線)|(?:先|改天|明天)(?:走|聊|说|說)了?$|下次(?:再)?聊"""
    ),
    "thanks": pattern(r"""\bthank(?:s|\ you|\ u)\b|\bthx\b|谢谢|謝謝|多谢|多謝|感谢|感謝"""),
    "company": pattern(
        r"""\bi\ need\ (?:someone|somebody|a\ person)\b|\bi(?:'m|\ am)\ (?:\w+\ ){0,2}alone\b|(?:需要|想要?)有人陪|(?:现在|現在|屋里|屋裡|家里|家裡)(?:就|只有)?我?一个人"""
    ),
    "night": pattern(
        r"""\b[1-5](?::\d\d)?\ ?a\.?m\b|\bmiddle\ of\ the\ night|\bmidnight\b|\b(?:alone|by\ myself|lonely)\ (?:\w+\ ){0,2}tonight|\btonight\b[^.?]{0,20}\balone|\bcan't\ (?:fall\ a?)?sleep\b|\beveryone(?:'s|\ is)\ asleep|\bnights?\ (?:are|is)\ (?:the\ )?(?:worst|hard)
            |凌晨|半夜|深夜|大半夜|夜里|夜裡|睡不着|睡不著|失眠|今晚[^。，]{0,6}(?:一个人|一個人|难熬|難熬)"""
    ),
}


def plain(text: str) -> str:
    """Lower case, one form of each sign and quote."""
    text = unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).translate(QUOTES)
    return " ".join(text.lower().split())


def moments_of(text: str) -> list[str]:
    """What this text does, the most pressing first; empty where it does nothing special."""
    line = plain(text)
    moments = [name for name, rule in MOMENTS.items() if rule.search(line)]
    if line and not moments and is_short(line):
        moments.append("short")
    return moments


YES = pattern(
    r"""^(?:(?:well|um+|uh|honestly|i\ guess|i\ think|maybe|probably|sadly)[\ ,.…]*)*(?:yes|yeah|yep|yup|ya|yea|sometimes|often|always|kind\ of|kinda|a\ (?:little|bit)|i\ (?:do|am|have|did)\b(?!\ (?:not|n't))|there\ is\b|of\ course|every\ (?:day|night))
        |^(?:嗯+|是|有(?!没有)|对|對|会|會(?!不会)|想(?!不)|安全|在|经常|經常|有时|有時|偶尔|偶爾|每天)"""
)
NO = pattern(
    r"""^(?:(?:well|um+|uh|honestly|i\ guess|i\ think|maybe|probably|sadly)[\ ,.…]*)*(?:no|nope|nah|not\b|never|nobody|no\ one|none|i(?:'m|\ am)\ (?:not|alone)|i\ (?:don't|do\ not|haven't|didn't)\b(?!\ (?:know|want|care|understand|remember|get))|there\ (?:isn't|is\ no|is\ nobody)|alone)
        |^(?:不(?!知道|清楚|确定|確定|好说|好說|想说|想說)|没|沒|无|無|否|就我|只有我|一个人|一個人)"""
)
LONGEST_ANSWER = 80  # characters; what is longer than that says more than yes or no
# What a yes and a no mean, by what was asked.
ANSWERS: dict[str, tuple[str, str]] = {
    "safe": ("safe", "unsafe"),
    "means": ("means", "safe"),
    "company": ("near", "company"),
    "write": ("", "watched"),
    "dying": ("dying", ""),
    "taken": ("overdose", ""),
}


def answer_of(asked: str, text: str) -> str:
    """The moment that a yes or a no to the last question makes; empty where it is neither."""
    line = plain(text)
    if asked not in ANSWERS or len(line) > LONGEST_ANSWER:
        return ""
    yes, no = ANSWERS[asked]
    if NO.search(line):
        return no
    return yes if YES.search(line) else ""


def is_short(line: str) -> bool:
    """Whether this is hardly an answer: "ok", "idk", "嗯", "…"."""
    return bool(EMPTY.fullmatch(line))


EMPTY = pattern(
    r"""[^\w\u3400-\u9fff]*(?:(?:o?k|okay|kk|idk|i\ (?:really\ )?(?:don't|dont|do\ not)\ know|dunno|don't\ know|yes|yeah|yep|yup|no|nope|nah|not\ really|maybe|perhaps|whatever|hm+|mm+|meh|fine|sure|nothing|none|same|worse|better|i\ guess|i\ suppose|sorry|so|well|right|true|hi|hey|hello|please|and|can't|lighter|heavier)[^\w\u3400-\u9fff]*){0,3}
        |[^\w\u3400-\u9fff]*(?:嗯+|哦+|噢+|好[的吧]?|行吧?|是[的吧]?|不是|没有?|沒有?|有|不知道|不清楚|随便|隨便|还行|還行|就那样|就那樣|没什么|沒什麼|无所谓|無所謂|唉+|哎+|可能吧?|也许吧?|也許吧?|对|對|不|在|轻了|輕了|一样|一樣|更重了?)[吧啊呢了呀]?[^\w\u3400-\u9fff]*"""
)
