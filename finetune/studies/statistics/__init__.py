"""What the scores of a study's arms say of their difference: numbers and a sentence.

Knows nothing of Django, torch, runs or files: it takes arrays and gives numbers.
"""
