"""Teaching the pinned PEFT (0.21) new adapter types.

``peft.utils.register_peft_method`` refuses names that are not members of its ``PeftType`` enum, and
an enum cannot be subclassed once it has members. So the member is added by hand, here and nowhere
else. This module knows nothing about any particular adapter.
"""

from __future__ import annotations

from peft import PeftConfig
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.tuners.tuners_utils import BaseTuner
from peft.utils import PeftType, register_peft_method


def extend_peft_type(name: str) -> PeftType:
    """Add a member to PEFT's enum of adapter types; does nothing if it is there already.

    Args:
        name: Upper-case name, which is also the value written to ``adapter_config.json``.

    Returns:
        The member, found by attribute, by value and by iteration from now on.
    """
    if name in PeftType.__members__:
        return PeftType[name]
    member = str.__new__(PeftType, name)
    member._name_ = name
    member._value_ = name
    # Enum forbids setting attributes that look like members, so go around its metaclass.
    type.__setattr__(PeftType, name, member)
    PeftType._member_names_.append(name)
    PeftType._member_map_[name] = member
    PeftType._value2member_map_[name] = member
    return member


def register(name: str, config_cls: type[PeftConfig], model_cls: type[BaseTuner]) -> None:
    """Register a tuner with PEFT under a lower-case name; doing it twice is harmless."""
    member = extend_peft_type(name.upper())
    if member not in PEFT_TYPE_TO_CONFIG_MAPPING:
        register_peft_method(name=name, config_cls=config_cls, model_cls=model_cls)
