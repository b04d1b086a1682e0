"""Drawings stand alone and repeat byte for byte."""

import re
from xml.etree import ElementTree

import pytest

from quantum.circuits.ansatz import lattice_couplers, qgs_circuit, qtha_circuit
from quantum.circuits.circuit import Circuit, Operation
from quantum.circuits.drawing import MOST_QUBITS, THEMES, draw_svg, drawn_part
from quantum.circuits.gates import GATES
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


def test_wide_circuits_are_drawn_in_part_and_say_so():
    circuit = qgs_circuit(72, 1, lattice_couplers())
    part, caption = drawn_part(circuit)
    assert part.n_qubits == 8
    assert {op.gate for op in part.operations} == {"ry", "cz"}
    # Of the lattice's first eight qubits, 7-8 and 2-8 to 7-13 lead out.
    assert caption == "Qubits 0 to 7 of 72; 7 gates from these to other qubits are not drawn"
    svg = draw_svg(circuit)
    assert f"<title>{circuit.name}. {caption}.</title>" in svg
    assert len(svg) > len(draw_svg(part))  # the caption is in the picture as well
    height = float(re.search(r'height="([\d.]+)pt"', svg)[1])
    assert height < 800
    draw_svg.cache_clear()
    assert draw_svg(circuit) == svg


def test_small_circuits_are_drawn_whole():
    circuit = qgs_circuit(MOST_QUBITS)
    assert drawn_part(circuit) == (circuit, "")
    assert f"<title>{circuit.name}</title>" in draw_svg(circuit)


@pytest.mark.parametrize("theme", THEMES)
def test_every_gate_has_a_colour(theme):
    assert set(GATES) == set(THEMES[theme]["displaycolor"])
