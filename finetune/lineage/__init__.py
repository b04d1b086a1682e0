"""Where a data set went: runs, checkpoints, evaluations, exports, studies, assistants."""
