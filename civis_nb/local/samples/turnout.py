"""The SQL that makes the sample table ``turnout``, the same on every machine."""

from __future__ import annotations

__all__ = ["TURNOUT_ROWS", "TURNOUT_SQL"]

TURNOUT_ROWS = 1_000_000

_COMMENTS = """
COMMENT ON TABLE public.turnout IS 'One million voters that nobody is, computed by MD5';
COMMENT ON COLUMN public.turnout.voter_id IS 'Number of the voter';
COMMENT ON COLUMN public.turnout.state IS 'Postal abbreviation';
COMMENT ON COLUMN public.turnout.county_fips IS 'Five digits, some with a leading zero';
COMMENT ON COLUMN public.turnout.registered_on IS 'Day of registration';
COMMENT ON COLUMN public.turnout.birth_year IS 'Year of birth';
COMMENT ON COLUMN public.turnout.party IS 'DEM, REP, IND, or NULL';
COMMENT ON COLUMN public.turnout.score IS 'Modelled chance of voting, 0 to 1';
COMMENT ON COLUMN public.turnout.last_contact IS 'NULL for those never contacted';
COMMENT ON COLUMN public.turnout.voted IS 'Whether they voted';
"""

#: MD5 gives each row 128 bits; every column takes its own. DuckDB's hash() might change with
#: its version, and random() with every run.
TURNOUT_SQL = f"""
BEGIN;
CREATE TABLE public.turnout AS
WITH bits AS (
    SELECT i, md5_number_upper(i::VARCHAR) AS u, md5_number_lower(i::VARCHAR) AS l
    FROM range({TURNOUT_ROWS}) AS rows(i)
),
drawn AS (
    SELECT
        i,
        CAST(u & 31 AS INTEGER) AS place,
        CAST((u >> 5) & 63 AS INTEGER) AS county,
        CAST((u >> 11) & 65535 AS INTEGER) % 73 AS years,
        CAST((u >> 27) & 8191 AS INTEGER) AS registered_after,
        CAST((u >> 40) & 1023 AS INTEGER) AS leaning,
        CAST(l & 4095 AS INTEGER) AS noise,
        CAST((l >> 12) & 65535 AS INTEGER) AS luck,
        CAST((l >> 28) & 1023 AS INTEGER) AS contacted,
        CAST((l >> 38) & 16777215 AS INTEGER) AS seconds
    FROM bits
),
placed AS (
    SELECT
        *,
        ['CA', 'TX', 'FL', 'NY', 'PA', 'IL', 'OH', 'GA', 'NC', 'MI', 'NJ', 'VA', 'WA', 'AZ', 'MA',
         'TN', 'IN', 'MD', 'MO', 'WI', 'CO', 'MN', 'SC', 'AL', 'CA', 'TX', 'FL', 'NY', 'CT', 'AR',
         'AK', 'CA'][place + 1] AS state,
        ['06', '48', '12', '36', '42', '17', '39', '13', '37', '26', '34', '51', '53', '04', '25',
         '47', '18', '24', '29', '55', '08', '27', '45', '01', '06', '48', '12', '36', '09', '05',
         '02', '06'][place + 1] AS state_fips
    FROM drawn
),
modelled AS (
    SELECT
        *,
        1930 + years AS birth_year,
        CAST((2500 + (72 - years) * 65 + noise * 6 // 10) AS INTEGER) AS basis_points
    FROM placed
)
SELECT
    1000000001 + i AS voter_id,
    state,
    state_fips || lpad(CAST(1 + 2 * county AS VARCHAR), 3, '0') AS county_fips,
    greatest(
        DATE '2002-01-01' + registered_after,
        make_date(birth_year + 18, 1, 1) + registered_after % 365
    ) AS registered_on,
    CAST(birth_year AS SMALLINT) AS birth_year,
    CASE
        WHEN state IN ('TX', 'GA', 'OH', 'MI') AND leaning % 4 = 0 THEN NULL
        WHEN leaning < 400 THEN 'DEM'
        WHEN leaning < 780 THEN 'REP'
        WHEN leaning < 960 THEN 'IND'
    END AS party,
    CAST(CAST(basis_points AS DECIMAL(9, 0)) * 0.0001 AS DECIMAL(6, 4)) AS score,
    CASE
        WHEN contacted >= 390 THEN TIMESTAMP '2024-05-01 08:00:00' + to_seconds(seconds % 15000000)
    END AS last_contact,
    luck % 10000 < basis_points AS voted
FROM modelled
ORDER BY i;
{_COMMENTS}
COMMIT;
"""  # noqa: S608 - made of constants
