"""Registration with the pinned PEFT."""

import importlib
import pickle

from peft import PeftConfig
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING, PEFT_TYPE_TO_TUNER_MAPPING
from peft.utils import PeftType

import quantum.adapters.qtha.tuner as qtha
from quantum.adapters.peft_registration import extend_peft_type
from quantum.adapters.qtha.tuner import QTHAConfig, QTHAModel


def test_enum_member_behaves_like_one():
    member = PeftType("QTHA")
    assert member is PeftType.QTHA is PeftType["QTHA"] is extend_peft_type("QTHA")
    assert list(PeftType).count(member) == 1
    assert member == "QTHA"
    assert pickle.loads(pickle.dumps(member)) is member


def test_importing_twice_is_harmless(tmp_path):
    importlib.reload(qtha)
    assert PEFT_TYPE_TO_CONFIG_MAPPING[PeftType.QTHA] is QTHAConfig
    assert PEFT_TYPE_TO_TUNER_MAPPING[PeftType.QTHA] is QTHAModel
    QTHAConfig(r=3).save_pretrained(tmp_path)
    assert PeftConfig.from_pretrained(tmp_path).r == 3
