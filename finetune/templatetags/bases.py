"""Sizes of base models on pages: `{% load bases %}`."""

from django import template

from finetune.bases.words import gigabytes

register = template.Library()
register.filter(gigabytes)
