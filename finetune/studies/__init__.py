"""Studies: the same training with several arms, so that one can see what a circuit adds.

`design/` says what a study is and which runs it needs, `statistics/` what their scores say.
"""
