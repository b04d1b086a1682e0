"""What a data set holds beyond its form: a second look, behind the first check.

`process/` reads a split once, in a process of its own, through the checks of `checks/`; `execution`
carries that out in a worker, and the pages show what was found, with what it does to a run.
"""
