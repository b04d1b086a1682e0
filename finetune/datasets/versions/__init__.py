"""Versions of a data set: what was changed in one makes the next, and both are kept.

`changes` says what a change is, `making` writes the file of a new version in a worker, `mending/`
finds what a bad line was meant to be, `draft` collects a person's changes until they are saved,
`dialogues` pages and searches, `exports` writes a version in another form.
"""
