"""Where the commands of jobs run: the seam `base.Executor`, and child processes behind it."""
