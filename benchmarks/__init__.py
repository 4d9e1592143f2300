"""What Cairn costs beside its model calls; each module measures one thing, against a baseline of
the same run.
"""
