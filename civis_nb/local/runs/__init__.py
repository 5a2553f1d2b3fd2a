"""Jobs and their runs: states, queue, logs, outputs, parameters, recovery."""
