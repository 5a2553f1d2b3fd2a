"""What the catalog tells: views, tables and notes of Redshift and PostgreSQL."""
