"""Circuits, simulators, backends and adapters: the quantum half of Wukong Studio.

A library that stands on its own: no Django anywhere. Importing this package, or
``quantum.adapters.registry``, brings in neither torch nor PEFT nor Qiskit; those live in the
modules that need them.
"""
