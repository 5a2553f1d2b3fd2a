"""``/jobs``, and what jobs of every type share: runs, logs, outputs."""
