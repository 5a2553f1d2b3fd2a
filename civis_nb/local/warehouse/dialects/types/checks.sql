-- What PostgreSQL has no function, operator or cast for, though DuckDB has: refused when the statement
-- is bound; else the value is "x" as it is. The other arguments are words for types: NULL stands for
-- texts, bytes, arrays and all others, which are never refused.
CREATE MACRO type_word(kind BOOLEAN) AS 'boolean', (kind SMALLINT) AS 'smallint', (kind INTEGER) AS 'integer',
  (kind BIGINT) AS 'bigint', (kind HUGEINT) AS 'numeric', (kind DECIMAL) AS 'numeric', (kind FLOAT) AS 'real',
  (kind DOUBLE) AS 'double precision', (kind DATE) AS 'date', (kind TIMESTAMP) AS 'timestamp without time zone',
  (kind TIMESTAMPTZ) AS 'timestamp with time zone', (kind TIME) AS 'time without time zone',
  (kind INTERVAL) AS 'interval', (kind UUID) AS 'uuid', (kind VARCHAR) AS NULL::VARCHAR, (kind BLOB) AS NULL::VARCHAR,
  (kind BIT) AS NULL::VARCHAR, (kind) AS NULL::VARCHAR;
CREATE MACRO unless(told, x) AS CASE WHEN round(NULL::DECIMAL(38, 37),
  CASE WHEN told IS NULL OR typeof(x) = '"NULL"' THEN 0 ELSE CAST('civis_sql: ' || told AS INTEGER) END) IS NOT NULL THEN NULL ELSE x END;
CREATE MACRO as_text_argument(x, name, word) AS
  civis_sql.unless('function ' || name || '(' || word || ') does not exist: cast the value to text', x);
CREATE MACRO no_json(x, kind) AS civis_sql.unless(CASE WHEN typeof(x) = 'JSON'
  THEN 'write x::jsonb || y::jsonb to join JSON, or cast it to text'
  WHEN ends_with(typeof(x), ']') THEN 'Cannot concatenate ' || typeof(x) || ' and a text: cast one of them' END, x);
CREATE MACRO no_double(x, name, word) AS civis_sql.unless(CASE WHEN word IN ('double precision', 'real')
  THEN 'function ' || name || '(' || word || ', integer) does not exist: write ' || name || '(x::numeric, n)' END, x);
CREATE MACRO no_array(x, name) AS civis_sql.unless(CASE WHEN typeof(x) LIKE '%]'
  THEN 'function ' || name || '(' || lower(typeof(x)) || ') does not exist: write cardinality(…) for the number of elements' END, x);
CREATE MACRO joinable(x, one, two) AS
  civis_sql.unless('operator does not exist: ' || one || ' || ' || two || ': cast one of them to text', x);
-- Only beside dates are numbers days, and only whole ones. Those of eight bytes pass, since a series has them
-- here where PostgreSQL's has integers.
CREATE MACRO days_added(x, sign, one, two) AS civis_sql.unless(
  CASE WHEN one LIKE 'time%' AND two IN ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision')
    THEN 'operator does not exist: ' || one || ' ' || sign || ' ' || two || ': write INTERVAL ''1 day'' * … for a number of days'
    WHEN one = 'date' AND two IN ('numeric', 'real', 'double precision')
    THEN 'operator does not exist: date ' || sign || ' ' || two || ': cast the number of days to integer' END, x);
-- Dates have no hours, and only timestamps with a time zone have one.
CREATE MACRO clock_part(x, unit, word) AS civis_sql.unless(CASE WHEN word = 'date'
  THEN 'unit "' || unit || '" not supported for type date: cast it to timestamp' END, x);
CREATE MACRO zone_part(x, unit, word) AS civis_sql.unless(CASE WHEN word IN ('date', 'timestamp without time zone', 'time without time zone')
  THEN 'unit "' || unit || '" not supported for type ' || word END, x);
-- Of numbers only integer is cast from and to truth values.
CREATE MACRO castable_to_boolean(x, word) AS civis_sql.unless(CASE WHEN word NOT IN ('boolean', 'integer')
  THEN 'cannot cast type ' || word || ' to boolean: compare it, as in x <> 0' END, x);
CREATE MACRO castable_to_number(x, name, word) AS civis_sql.unless(CASE WHEN word = 'boolean'
  THEN 'cannot cast type boolean to ' || name || ': cast it to integer first' END, x);
-- Of integers the last bits, or more with the sign's before them; of bits and texts the first ones.
CREATE MACRO sized_bits(bits, n) AS CASE WHEN n <= length(bits) THEN system.main."right"(bits, n)
  ELSE repeat(bits[1], n - length(bits)) || bits END::BIT;
CREATE MACRO bits_of(x, n, kind SMALLINT) AS civis_sql.sized_bits(x::INTEGER::BIT::VARCHAR, n),
  (x, n, kind INTEGER) AS civis_sql.sized_bits(x::BIT::VARCHAR, n), (x, n, kind BIGINT) AS civis_sql.sized_bits(x::BIT::VARCHAR, n),
  (x, n, kind VARCHAR) AS rpad(x, n, '0')::BIT, (x, n, kind BIT) AS rpad(x::VARCHAR, n, '0')::BIT, (x, n, kind) AS x::VARCHAR::BIT;
CREATE MACRO castable_to_bits(x, word) AS civis_sql.unless(CASE WHEN word NOT IN ('smallint', 'integer', 'bigint')
  THEN 'cannot cast type ' || word || ' to bit' END, x);
