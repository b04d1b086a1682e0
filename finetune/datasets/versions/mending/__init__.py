"""What a bad line was probably meant to be, offered only where the doctor then has nothing to say.

Knows nothing of Django.
"""
