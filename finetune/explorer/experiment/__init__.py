"""The circuit explorer's computation, in a process of its own: `python -m finetune.explorer.experiment`.

It knows nothing of Django, keys or clouds: what has to be sent to hardware it only plans, and it
reads the counts that somebody else has brought back.
"""
