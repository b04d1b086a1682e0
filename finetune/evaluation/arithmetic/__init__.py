"""Strict accuracy on arithmetic: a number is taken from each reply and is right or is not.

A library: torch and PEFT, and nothing of Django.
"""
