"""Drawings stand alone and repeat byte for byte."""

import re
from xml.etree import ElementTree

import pytest

from quantum.ansatz import qtha_circuit
from quantum.circuit import Circuit, Operation
from quantum.drawing import THEMES, draw_svg, draw_text
from quantum.exceptions import UnknownNameError


@pytest.mark.parametrize("theme", THEMES)
def test_svg_stands_alone(theme):
    circuit = qtha_circuit(4, 2)
    svg = draw_svg(circuit, theme)
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not names & {"script", "style", "image", "foreignObject", "text"}
    for element in root.iter():
        for key, value in element.attrib.items():
            assert not key.endswith("style")
            assert not key.lower().startswith("on")
            if key.endswith("href") or "url(" in value:
                assert re.search(r"^#|url\(#", value)
    draw_svg.cache_clear()
    assert draw_svg(circuit, theme) == svg
    assert circuit.name in svg


def test_themes_differ_and_unknown_is_refused():
    assert draw_svg(qtha_circuit(2), "light") != draw_svg(qtha_circuit(2), "dark")
    with pytest.raises(UnknownNameError, match="light, dark"):
        draw_svg(qtha_circuit(2), "sepia")


def test_names_are_escaped():
    svg = draw_svg(Circuit(1, (Operation("h", (0,)),), name="<script>&"))
    assert "<script" not in svg
    ElementTree.fromstring(svg)


def test_text():
    assert "θ3" in draw_text(qtha_circuit(3))
