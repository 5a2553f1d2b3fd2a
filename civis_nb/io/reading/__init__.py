"""Results of SQL: exported, downloaded and verified, parsed."""
