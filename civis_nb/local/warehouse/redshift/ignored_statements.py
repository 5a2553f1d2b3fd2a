"""Redshift statements that are ignored on one machine, and those that only Redshift can run."""

from __future__ import annotations

import re

from civis_nb.errors import WarehouseError
from civis_nb.sql_text import tokenize

__all__ = ["reason_to_ignore"]

_IGNORED = re.compile(
    r"""(?ix)\s*(?:
        grant\b | revoke\b | vacuum\b | analy[sz]e\b | lock\b
      | (?:create|alter|drop)\s+(?:user|group|role)\b
      | refresh\s+materialized\s+view\b
      | alter\s+default\s+privileges\b
      | alter\s+(?:table|schema|view|database)\s+\S+\s+owner\b
      | alter\s+table\s+\S+\s+alter\s+(?:diststyle|distkey|sortkey|compound|encode)\b
      | alter\s+table\s+\S+\s+alter\s+column\s+\S+\s+encode\b
      | set\s+(?:session\s+|local\s+)?(?:query_group|statement_timeout|wlm_\w+|datestyle
          |enable_(?:result_cache|case_sensitive|vacuum_boost|numeric)\w*
          |client_\w+|extra_float_digits|analyze_threshold_percent|describe_\w+
          |json_\w+|authorization|max_\w+_rows|standard_conforming_strings|timezone_\w+
          |work_mem|maintenance_work_mem|lock_timeout|transaction|role|spectrum_\w+)\b
      | reset\s+(?:query_group|statement_timeout|wlm_\w+|all)\b
    )"""
)
_REFUSED = {
    re.compile(r"(?is)\s*alter\s+table\s.+\sappend\s+from\b"): (
        "ALTER TABLE … APPEND moves blocks between tables of Redshift; here, write "
        "INSERT INTO target SELECT * FROM source, and then TRUNCATE source"
    ),
    re.compile(r"(?is)\s*unload\s*\("): (
        "UNLOAD writes to S3, which this database can't reach; export the query's result instead"
    ),
    re.compile(r"(?is)\s*create\s+external\b"): (
        "CREATE EXTERNAL reads data in S3, which this database can't reach; import the data into "
        "a table"
    ),
    re.compile(r"(?is)\s*(?:create\s+(?:or\s+replace\s+)?procedure|do\s+\$)"): (
        "stored procedures can't be run here: this database has no PL/pgSQL; run their statements "
        "one by one"
    ),
    re.compile(r"(?is)\s*(?:declare\s+\S+\s+(?:\w+\s+)*?cursor|fetch\s|close\s)"): (
        "cursors can't be used here; read the result of the query itself, which arrives in pieces"
    ),
    re.compile(r"(?is)\s*(?:create|drop|alter)\s+datashare\b"): (
        "datashares can't be used here: there is one database on one machine"
    ),
    re.compile(r"(?is)\s*(?:create|drop|alter)\s+database\b"): (
        "databases are not made or dropped with SQL here; start the local platform with "
        "--database NAME, or start(databases=[NAME]), for a further one"
    ),
    re.compile(r"(?is)\s*copy\s.+\sfrom\s+'\s*(?:s3|emr|dynamodb|ssh)\b"): (
        "COPY from S3 can't be done here; upload the data as a file and import it into the table"
    ),
}


def reason_to_ignore(sql: str) -> str | None:
    """Return why a statement is ignored; None if it must run.

    Raises
    ------
    WarehouseError
        If it is a statement that only Redshift can run; the message says what to do instead.

    Examples
    --------
    >>> reason_to_ignore("GRANT SELECT ON t TO bob")
    'GRANT has no effect in this database'
    """
    bare = "".join(t.text for t in tokenize(sql) if t.kind != "comment")
    for pattern, instead in _REFUSED.items():
        if pattern.match(bare):
            raise WarehouseError(instead)
    if _IGNORED.match(bare):
        return f"{bare.split()[0].upper()} has no effect in this database"
    return None
