"""The panel of jobs, and the runs that pages follow."""
