"""Results of SQL: exported, downloaded and verified, parsed.

A read passes `read` (the public functions), `options` (checked records), `pipeline` (start an
export, wait, parse), `outputs` (which files), `content` (download, inflate, join), and one of
`parsers`.
"""
