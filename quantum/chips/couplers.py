"""Pairs of qubits as a graph: which qubits hang together. Pure; knows no chips or circuits."""

from __future__ import annotations

from collections.abc import Iterable

Pair = tuple[int, int]


def connected_parts(qubits: Iterable[int], pairs: Iterable[Pair]) -> tuple[tuple[int, ...], ...]:
    """The qubits that hang together by the pairs, largest part first, each part rising.

    Args:
        qubits: All qubits; one without a pair is a part of its own.
        pairs: Joined qubits, all of them among ``qubits``.

    >>> connected_parts(range(5), [(3, 1), (1, 4)])
    ((1, 3, 4), (0,), (2,))
    """
    neighbours: dict[int, set[int]] = {qubit: set() for qubit in qubits}
    for first, second in pairs:
        neighbours[first].add(second)
        neighbours[second].add(first)
    left, parts = set(neighbours), []
    while left:
        part, edge = set[int](), {min(left)}
        while edge:
            part |= edge
            edge = {other for qubit in edge for other in neighbours[qubit]} - part
        left -= part
        parts.append(tuple(sorted(part)))
    return tuple(sorted(parts, key=lambda part: (-len(part), part)))
