"""Turnout by state, and where it is low."""

import civis_nb as civis

QUERY = """
    SELECT state, AVG(CASE WHEN voted THEN 1.0 ELSE 0.0 END) AS turnout
    FROM public.turnout
    GROUP BY state
"""


def states_below(limit, client=None):
    """Return the states whose turnout is below a limit, the lowest first."""
    client = client or civis.APIClient()
    frame = civis.io.read_civis_sql(QUERY, "sample", return_as="pandas", client=client)
    return frame[frame["turnout"] < limit].sort_values("turnout", ignore_index=True)


def publish(limit, client=None):
    """Store these states as a table, and return how many there are."""
    client = client or civis.APIClient()
    low = states_below(limit, client)
    civis.io.dataframe_to_civis(
        low, "sample", "public.low_turnout", existing_table_rows="drop", client=client
    ).result()
    return len(low)


def last_state(script_id, client=None):
    """Return the state of a script's last run: "idle" when it has never run."""
    client = client or civis.APIClient()
    runs = client.scripts.list_containers_runs(script_id, limit=1, order="id", order_dir="desc")
    return runs[0].state if runs else "idle"
