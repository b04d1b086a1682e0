"""Conversations that a person wants at hand: first in the list beside a talk."""
