"""What is not enough alone in Chinese, but is within a few turns: a means at hand, and despair."""

# A pattern reads better whole than broken at 100 signs.

from chat.safety.detection.rule import SUICIDE, rule

MEANS = rule(
    "suicide.means_zh",
    SUICIDE,
    r"""天台|楼顶|顶楼|桥上|铁轨|安眠药|一瓶药|买了(?:绳子|刀|炭)""",
)
DESPAIR = rule(
    "suicide.despair_zh",
    SUICIDE,
    r"""没有希望|绝望|撑不下去|没人在乎|没意思|再见了|解脱|太累了|算了""",
    negatable=False,
)
