"""Values as text/plain and text/html: readable in a terminal, on GitHub, in light and dark.

Nothing here calls the API, holds a clock or an id of its own: the same value has the same
text, so that a notebook can be compared with an earlier run of itself. Only what is shown while
work goes on has a clock; nothing of that stays behind.
"""
