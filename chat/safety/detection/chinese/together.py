"""What is not enough alone in Chinese, but is within a few turns or sentences.

A means at hand, and despair; a loss, and then a question about a height or a way up to one.
"""

# A pattern reads better whole than broken at 100 signs.

from chat.safety.detection.chinese.excuses import told_of
from chat.safety.detection.chinese.words import HEIGHT as HIGH_PLACE
from chat.safety.detection.chinese.words import NUMBER
from chat.safety.detection.rule import SUICIDE, rule

MEANS = rule(
    "suicide.means_zh",
    SUICIDE,
    r"""天台|楼顶|顶楼|桥上|铁轨|安眠药|一瓶药|半瓶(?:农药|药)|农药|买了(?:绳子|刀|炭)|药[^。]{0,8}(?:剩|存|攒)|(?:存|攒)了[^。]{0,6}(?:月|颗|片)
        |(?:把|给)[^。,，]{0,6}(?:猫|狗|豆豆|宠物|吉他|东西|它)[^。,，]{0,6}(?:送人|送走|找了?个?新?主人|分给)|东西[^。,，]{0,4}(?:分|送)给|(?:写|留)了?[一几]?封?信[^。]{0,4}给[^。]{0,4}(?:爸|妈|家人|父母)|他们看到的时候|水很深|安排好了|该还的还了|该说的也?说了""",
    negatable=False,
    excuse=told_of,
)
DESPAIR = rule(
    "suicide.despair_zh",
    SUICIDE,
    r"""没有希望|绝望|撑不下去|没人在乎|没意思|再见了|解脱|太累了|算了吧|活着|什么都没有了|整个人都空|心里(?:特别|很|从来没这么)?(?:平静|踏实)|就这样吧|应该够了|保险[^。,，]{0,4}(?:够|赔|用)|从来没这么好|(?:工作|女朋友|男朋友|老婆|老公)[^。,，]{0,4}(?:丢|走|没)了|明天早上""",
    negatable=False,
    excuse=told_of,
)
HEIGHT = rule(
    "suicide.height_zh",
    SUICIDE,
    rf"""最高的?[^。,，]{{0,6}}(?:楼|桥|天台|塔|观景台|大厦|悬崖)|{HIGH_PLACE}[^。]{{0,10}}(?:多高|有多深|没有?锁|好像没锁|能上去|可以上去|晚上有人|哪里|在哪|人最少)|(?:哪栋|哪里|哪座|哪个)[^。,，]{{0,8}}(?:楼顶|天台|顶楼|桥)|(?:楼|桥)有多高|(?:天台|楼顶)怎么上|高一点的楼|水最深|{NUMBER}层以上""",
    negatable=False,
    excuse=told_of,
)
LOSS = rule(
    "loss_zh",
    SUICIDE,
    r"""失恋|分手了|离婚了|被[^。,，]{0,4}(?:裁|辞|开除|炒|甩|退学)|丢了工作|工作[^。,，]{0,3}(?:丢|没)了|失业了?|破产|全挂|落榜|没考上|去世了|走了(?=$|[,，。])|(?:他|她)结婚了|新[娘郎]不是我|什么都没有了|整个人都空|心里空|出轨|劈腿|没人要我|赔光|全没了|不要我了|确诊|被骗光""",
    negatable=False,
)
