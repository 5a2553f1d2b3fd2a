-- Functions and operators with PostgreSQL's and Redshift's meaning. They live in a catalog of the
-- platform's own, and the calls of users' SQL are qualified with it; overloads choose by type.
-- Where a macro has an argument "kind", only its type matters: it is never computed.

-- Failures: a cast that can't be done, since DuckDB takes error() for volatile -------------------
CREATE MACRO fail(message) AS CAST('civis_sql: ' || message AS TINYINT);
CREATE MACRO fail_text(message) AS CAST(CAST('civis_sql: ' || message AS TINYINT) AS VARCHAR);

-- Names ----------------------------------------------------------------------------------------
CREATE MACRO quoted_name(x) AS
  CASE WHEN regexp_full_match(x, '[a-z_][a-z0-9_$]*') THEN x ELSE '"' || replace(x, '"', '""') || '"' END;

-- Both dialects name themselves so; clients read the numbers.
CREATE MACRO version_rs() AS 'PostgreSQL 8.0.2, Redshift 1.0 (the local platform, on DuckDB ' || version() || ')';
CREATE MACRO version_pg() AS 'PostgreSQL 15.0 (the local platform, on DuckDB ' || version() || ')';

-- Arithmetic -----------------------------------------------------------------------------------
CREATE MACRO div_kind(a INTERVAL, b DOUBLE) AS a, (a, b) AS a + b;
-- What is computed of finite doubles must be finite, and 0 only where a factor is.
CREATE MACRO in_range(x, ok, are_finite, are_not_0, kind DOUBLE) AS CASE WHEN NOT (isfinite(x) AND (ok)) AND (are_finite)
  THEN civis_sql.fail('value out of range: overflow')
  WHEN x = 0 AND (are_not_0) AND (are_finite) THEN civis_sql.fail('value out of range: underflow') ELSE x END,
  (x, ok, are_finite, are_not_0, kind BIGINT) AS x, (x, ok, are_finite, are_not_0, kind HUGEINT) AS x,
  (x, ok, are_finite, are_not_0, kind DECIMAL) AS x, (x, ok, are_finite, are_not_0, kind INTERVAL) AS x,
  (x, ok, are_finite, are_not_0, kind DATE) AS x, (x, ok, are_finite, are_not_0, kind TIMESTAMP) AS x,
  (x, ok, are_finite, are_not_0, kind) AS x;
CREATE MACRO rounded_rs(x, kind DOUBLE) AS round_even(x, 0),
  (x, kind FLOAT) AS round_even(x, 0),
  (x, kind VARCHAR) AS round_even(x::DOUBLE, 0),
  (x, kind DECIMAL) AS round(x), (x, kind BIGINT) AS round(x), (x, kind HUGEINT) AS round(x),
  (x, kind) AS round(x);
-- PostgreSQL has these functions of decimals and of doubles, which integers are there.
CREATE MACRO rounded(x, kind DOUBLE) AS round_even(x, 0),
  (x, kind FLOAT) AS round_even(x, 0),
  (x, kind VARCHAR) AS round_even(x::DOUBLE, 0),
  (x, kind DECIMAL) AS round(x)::DECIMAL(22, 0), (x, kind BIGINT) AS x::DOUBLE, (x, kind HUGEINT) AS x,
  (x, kind) AS round(x);
CREATE MACRO double_of_integer(x, kind BIGINT) AS x::DOUBLE, (x, kind HUGEINT) AS x,
  (x, kind DECIMAL) AS x::DECIMAL(22, 0), (x, kind DOUBLE) AS x, (x, kind FLOAT) AS x::DOUBLE, (x, kind VARCHAR) AS x::DOUBLE, (x, kind) AS x;
CREATE MACRO sign_of(x, kind BIGINT) AS x::DOUBLE, (x, kind HUGEINT) AS x::DECIMAL(1, 0),
  (x, kind DECIMAL) AS x::DECIMAL(1, 0), (x, kind DOUBLE) AS x::DOUBLE, (x, kind VARCHAR) AS x::DOUBLE, (x, kind) AS x;
CREATE MACRO truncated(x, kind TIMESTAMP) AS x::DATE,
  (x, kind TIMESTAMPTZ) AS x::DATE,
  (x, kind DATE) AS x, (x, kind DECIMAL) AS trunc(x), (x, kind DOUBLE) AS trunc(x),
  (x, kind BIGINT) AS x, (x, kind) AS trunc(x);
CREATE MACRO truncated_pg(x, kind BIGINT) AS x::DOUBLE, (x, kind HUGEINT) AS x,
  (x, kind DECIMAL) AS trunc(x)::DECIMAL(22, 0), (x, kind DOUBLE) AS trunc(x), (x, kind) AS trunc(x);
CREATE MACRO difference_kind(a DATE, b DATE) AS NULL::INTEGER, (a, b) AS a - b;
-- There is infinity of times, and none of our decimals.
CREATE MACRO epoch_of(x, kind INTERVAL) AS x::DECIMAL(24, 6), (x, kind TIMESTAMP) AS x, (x, kind DATE) AS x,
  (x, kind TIMESTAMPTZ) AS x, (x, kind) AS x;
CREATE MACRO ln(x) AS
  ln(CASE WHEN x <= 0 THEN civis_sql.fail('cannot take logarithm of zero or a negative number') ELSE x END);
CREATE MACRO log(x) AS
  log10(CASE WHEN x <= 0 THEN civis_sql.fail('cannot take logarithm of zero or a negative number') ELSE x END),
  (b, x) AS log(CASE WHEN b <= 0 THEN civis_sql.fail('cannot take logarithm of zero or a negative number')
    WHEN b = 1 THEN civis_sql.fail('division by zero') ELSE b END, CASE WHEN x <= 0 THEN civis_sql.fail('cannot take logarithm of zero or a negative number') ELSE x END);
CREATE MACRO exp(x) AS CASE WHEN x > 709.78 AND isfinite(x::DOUBLE) THEN civis_sql.fail('value out of range: overflow')
  WHEN x < -745.13 AND isfinite(x::DOUBLE) THEN civis_sql.fail('value out of range: underflow') ELSE exp(x) END;
CREATE MACRO asin(x) AS asin(CASE WHEN abs(x) > 1 THEN civis_sql.fail('input is out of range') ELSE x END);
CREATE MACRO acos(x) AS acos(CASE WHEN abs(x) > 1 THEN civis_sql.fail('input is out of range') ELSE x END);
-- DuckDB's cube root of 27 is not quite 3: one more step of Newton's method.
CREATE MACRO cbrt(x) AS CASE WHEN x = 0 OR isinf(x::DOUBLE) THEN x::DOUBLE
  ELSE cbrt(x) - (cbrt(x) * cbrt(x) * cbrt(x) - x) / (3 * cbrt(x) * cbrt(x)) END;
CREATE MACRO dlog10(x) AS civis_sql.log(x);
CREATE MACRO dlog1(x) AS civis_sql.ln(x);
CREATE MACRO dexp(x) AS civis_sql.exp(x);
CREATE MACRO width_bucket(x, bounds) AS len(list_filter(bounds, lambda b: b <= x))::INTEGER,
  (x, low, high, buckets) AS
  CASE WHEN buckets <= 0 THEN civis_sql.fail('count must be greater than zero')::INTEGER
       WHEN low = high THEN civis_sql.fail('lower bound cannot equal upper bound')::INTEGER
       WHEN (low < high AND x < low) OR (low > high AND x > low) THEN 0
       WHEN (low < high AND x >= high) OR (low > high AND x <= high) THEN buckets + 1
       ELSE CAST(floor((x - low) * buckets / CAST(high - low AS DOUBLE)) AS INTEGER) + 1 END;
CREATE MACRO quotient(a, b) AS CASE WHEN abs(a) < 1e15 * abs(b) OR b = 0 THEN CAST(round((a - a % b) /
  CASE WHEN b = 0 THEN civis_sql.fail('division by zero') ELSE b END) AS HUGEINT)
  ELSE civis_sql_whole_quotient(a::VARCHAR, b::VARCHAR)::HUGEINT END::DECIMAL(38, 0);
-- Of two integers an integer, which must not be larger.
CREATE MACRO gcd(a INTEGER, b INTEGER) AS gcd(a::BIGINT, b::BIGINT)::INTEGER,
  (a BIGINT, b BIGINT) AS gcd(a::HUGEINT, b::HUGEINT)::BIGINT, (a HUGEINT, b HUGEINT) AS gcd(a, b), (a, b) AS gcd(a, b);
CREATE MACRO lcm(a INTEGER, b INTEGER) AS lcm(a::BIGINT, b::BIGINT)::INTEGER,
  (a BIGINT, b BIGINT) AS lcm(a::HUGEINT, b::HUGEINT)::BIGINT, (a HUGEINT, b HUGEINT) AS lcm(a, b), (a, b) AS lcm(a, b);
CREATE MACRO number_or_null(x) AS CASE WHEN NOT isnan(x) THEN x END;
CREATE MACRO pg_size_pretty(n) AS CASE WHEN abs(n) < 10240 THEN n::BIGINT || ' bytes'
  WHEN abs(n) < 10240 * 1024 THEN round(n / 1024)::BIGINT || ' kB'
  WHEN abs(n) < 10240 * 1024 ** 2 THEN round(n / 1024 ** 2)::BIGINT || ' MB'
  WHEN abs(n) < 10240 * 1024 ** 3 THEN round(n / 1024 ** 3)::BIGINT || ' GB'
  WHEN abs(n) < 10240 * 1024 ** 4 THEN round(n / 1024 ** 4)::BIGINT || ' TB' ELSE round(n / 1024 ** 5)::BIGINT || ' PB' END;
CREATE MACRO ratio(part, total) AS part::DOUBLE / nullif(total::DOUBLE, 0);

CREATE MACRO days_of(x) AS date_part('day', x);
CREATE MACRO months_of(x) AS date_part('year', x) * 12 + date_part('month', x);
CREATE MACRO clock_of(x) AS
  date_part('hour', x) * 3600000000 + date_part('minute', x) * 60000000 + date_part('microseconds', x);
CREATE MACRO interval_of(months, days, clock) AS
  to_months(months::INTEGER) + to_days(days::INTEGER) + to_microseconds(clock::BIGINT);

-- Aggregates: the aggregate itself is computed by DuckDB, around which the type is mended --------
CREATE MACRO no_truth(x, kind BOOLEAN) AS civis_sql.fail('there is no such function of truth values: use bool_and, bool_or, or count with a condition'),
  (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind DECIMAL) AS x, (x, kind DOUBLE) AS x, (x, kind FLOAT) AS x,
  (x, kind VARCHAR) AS x, (x, kind DATE) AS x, (x, kind TIMESTAMP) AS x, (x, kind TIMESTAMPTZ) AS x, (x, kind INTERVAL) AS x,
  (x, kind) AS x;
CREATE MACRO summed_plain(total, x, kind SMALLINT) AS total::BIGINT,
  (total, x, kind INTEGER) AS total::BIGINT,
  (total, x, kind BIGINT) AS total::DECIMAL(38, 0),
  (total, x, kind DOUBLE) AS CASE WHEN isinf(total) AND isfinite(max(abs(x)))
    THEN civis_sql.fail('value out of range: overflow') ELSE total END,
  (total, x, kind DECIMAL) AS total, (total, x, kind HUGEINT) AS total,
  (total, x, kind BOOLEAN) AS civis_sql.no_truth(total, kind),
  (total, x, kind INTERVAL) AS civis_sql.interval_of(sum(civis_sql.months_of(x)), sum(civis_sql.days_of(x)), sum(civis_sql.clock_of(x))),
  (total, x, kind) AS total;
CREATE MACRO finite_total(total) AS CASE WHEN isinf(total)
  THEN civis_sql.fail('the sum is infinite: it overflows, or has infinite values, which are not supported with FILTER, OVER and DISTINCT')
  ELSE total END;
CREATE MACRO summed(total, kind SMALLINT) AS total::BIGINT,
  (total, kind INTEGER) AS total::BIGINT,
  (total, kind BIGINT) AS total::DECIMAL(38, 0),
  (total, kind DOUBLE) AS civis_sql.finite_total(total),
  (total, kind DECIMAL) AS total, (total, kind HUGEINT) AS total, (total, kind INTERVAL) AS total,
  (total, kind BOOLEAN) AS civis_sql.no_truth(total, kind),
  (total, kind) AS total;
CREATE MACRO sum_kind(x SMALLINT) AS x::BIGINT, (x INTEGER) AS x::BIGINT,
  (x BIGINT) AS x::DECIMAL(38, 0), (x) AS x;
-- Of two decimals in one column DuckDB keeps the digits before the point, and cuts those behind it. So
-- results have no more digits before it than their values can have: here, the sum of 10 billion.
CREATE MACRO narrow_sum(total, one, kind DECIMAL) AS cast_to_type(total, one * NULL::DECIMAL(10, 0)),
  (total, one, kind BIGINT) AS total::DECIMAL(22, 0), (total, one, kind INTEGER) AS total, (total, one, kind SMALLINT) AS total,
  (total, one, kind HUGEINT) AS total, (total, one, kind DOUBLE) AS total, (total, one, kind INTERVAL) AS total, (total, one, kind) AS total;
CREATE MACRO narrow(x, target, kind DECIMAL) AS cast_to_type(x, target), (x, target, kind BIGINT) AS cast_to_type(x, target),
  (x, target, kind HUGEINT) AS x, (x, target, kind DOUBLE) AS x, (x, target, kind) AS x;
CREATE MACRO avg_kind(x BIGINT) AS x::DECIMAL(38, 20), (x) AS x;
CREATE MACRO avg_kind_rs(x BIGINT) AS x, (x) AS x;
CREATE MACRO continuous(x, kind DECIMAL) AS x::DOUBLE, (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x::DOUBLE,
  (x, kind DOUBLE) AS x, (x, kind INTERVAL) AS x,
  (x, kind TIMESTAMP) AS civis_sql.fail('function percentile_cont does not exist of dates and times: use percentile_disc'),
  (x, kind) AS x;
CREATE MACRO joined(items, separator) AS
  CASE WHEN len(items) > 0 THEN array_to_string(items, separator) END;

-- Casts ----------------------------------------------------------------------------------------
-- Of jsonb only what is of the wanted kind is cast.
CREATE MACRO jsonb_kind(j) AS CASE json_type(j) WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'
  WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' ELSE 'numeric' END;
-- In a list, what stands for an argument is bound once: else what calls have in each other is many times.
CREATE MACRO jsonb_scalar(j, wanted) AS list_transform([j::VARCHAR], lambda v: CASE WHEN v IS NULL THEN NULL
  WHEN civis_sql.jsonb_kind(v) = CASE wanted WHEN 'boolean' THEN 'boolean' ELSE 'numeric' END THEN v
  ELSE civis_sql.fail_text('cannot cast jsonb ' || civis_sql.jsonb_kind(v) || ' to type ' || wanted || ': write ->> for the text') END)[1];
CREATE MACRO jsonb_integer(j, wanted) AS list_transform([civis_sql.jsonb_scalar(j, wanted)], lambda v: CASE WHEN contains(v, '.') OR contains(lower(v), 'e')
  THEN regexp_replace(round(v::DECIMAL(38, 10))::VARCHAR, '\..*$', '') ELSE v END)[1];
CREATE MACRO integer_of_text(x) AS CASE WHEN x IS NULL OR NOT regexp_matches(x, '^\s*[-+]?[0-9.]')
  OR regexp_full_match(x, '\s*[-+]?[0-9]+\s*') THEN x ELSE civis_sql.fail_text('invalid input syntax for type integer: "' || x || '"') END;
CREATE MACRO as_integer(x, kind VARCHAR) AS civis_sql.integer_of_text(x), (x, kind) AS x;
CREATE MACRO as_integer_pg(x, kind VARCHAR) AS list_transform([x], lambda v: CASE WHEN typeof(v) = 'JSON'
  THEN civis_sql.jsonb_integer(v, 'integer') ELSE civis_sql.integer_of_text(v) END)[1], (x, kind) AS x;
CREATE MACRO float_of_text(x) AS
  CASE WHEN contains(x, '_')
       THEN civis_sql.fail_text('invalid input syntax for type double precision: "' || x || '"')
       WHEN isinf(TRY_CAST(x AS DOUBLE)) AND NOT contains(lower(x), 'inf')
         OR (TRY_CAST(x AS DOUBLE) = 0 AND regexp_matches(x, '^[^eE]*[1-9]'))
       THEN civis_sql.fail_text('"' || x || '" is out of range for type double precision')
       ELSE trim(x, E' \t\n') END;
CREATE MACRO as_float(x, kind VARCHAR) AS civis_sql.float_of_text(x), (x, kind) AS x;
CREATE MACRO as_float_pg(x, kind VARCHAR) AS list_transform([x], lambda v: CASE WHEN typeof(v) = 'JSON'
  THEN civis_sql.jsonb_scalar(v, 'double precision') ELSE civis_sql.float_of_text(v) END)[1], (x, kind) AS x;
CREATE MACRO numeric_of_text(x) AS
  CASE WHEN contains(x, '_') THEN civis_sql.fail_text('invalid input syntax for type numeric: "' || x || '"')
       ELSE trim(x, E' \t\n') END;
-- As many digits of a double count as are sure; DuckDB makes decimals of those behind them as well.
CREATE MACRO double_as_text(x) AS CASE WHEN isfinite(x) THEN printf('%.15g', x) ELSE x::VARCHAR END;
CREATE MACRO real_as_text(x) AS CASE WHEN isfinite(x) THEN printf('%.6g', x) ELSE x::VARCHAR END;
CREATE MACRO as_numeric(x, kind VARCHAR) AS civis_sql.numeric_of_text(x),
  (x, kind DOUBLE) AS civis_sql.double_as_text(x), (x, kind FLOAT) AS civis_sql.real_as_text(x),
  (x, kind DECIMAL) AS x, (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind BOOLEAN) AS x, (x, kind) AS x;
CREATE MACRO as_numeric_pg(x, kind VARCHAR) AS CASE WHEN typeof(x) = 'JSON' THEN civis_sql.jsonb_scalar(x, 'numeric') ELSE civis_sql.numeric_of_text(x) END,
  (x, kind DOUBLE) AS civis_sql.double_as_text(x), (x, kind FLOAT) AS civis_sql.real_as_text(x),
  (x, kind DECIMAL) AS x, (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind BOOLEAN) AS x, (x, kind) AS x;
-- PostgreSQL's numerics without a scale: 20 digits behind the point. What has more is refused; doubles
-- are only where less than ten of their digits are left.
CREATE MACRO too_long(x, name) AS civis_sql.fail_text(name || ' without a precision has room for 18 digits before and 20 behind its point here, too few for ' || x || ': round it, or give the type a precision and a scale, such as numeric(38, 0) for whole numbers');
CREATE MACRO kept_decimal(x, name) AS CASE WHEN cast_to_type(TRY_CAST(x AS DECIMAL(38, 20)), x) = x OR x IS NULL THEN TRY_CAST(x AS DECIMAL(38, 20))
  ELSE civis_sql.too_long(x::VARCHAR, name)::DECIMAL(38, 20) END;
CREATE MACRO kept_double(x, name) AS CASE WHEN abs(x) < 1e18 AND (abs(x) >= 1e-10 OR x = 0) OR x IS NULL THEN civis_sql.double_as_text(x)::DECIMAL(38, 20)
  ELSE civis_sql.too_long(x::VARCHAR, name)::DECIMAL(38, 20) END;
CREATE MACRO kept_text(x, name) AS CASE WHEN regexp_full_match(x, '\s*[-+]?0*\d{0,18}(\.\d{0,20}0*)?\s*')
  THEN civis_sql.numeric_of_text(x)::DECIMAL(38, 20)
  WHEN x IS NULL OR contains(x, '_') OR TRY_CAST(x AS DOUBLE) IS NULL THEN civis_sql.numeric_of_text(x)::DECIMAL(38, 20)
  WHEN regexp_matches(x, '[eE]') THEN civis_sql.kept_double(x::DOUBLE, name)
  ELSE civis_sql.too_long(x, name)::DECIMAL(38, 20) END;
CREATE MACRO as_any_numeric(x, kind DECIMAL) AS x,
  (x, kind DOUBLE) AS civis_sql.kept_double(x, 'a numeric'), (x, kind FLOAT) AS civis_sql.real_as_text(x)::DECIMAL(38, 20),
  (x, kind BIGINT) AS x::DECIMAL(19, 0),
  (x, kind HUGEINT) AS x::DECIMAL(38, 0),
  (x, kind VARCHAR) AS list_transform([x], lambda v: civis_sql.kept_text(CASE WHEN typeof(v) = 'JSON' THEN civis_sql.jsonb_scalar(v, 'numeric') ELSE v END, 'a numeric'))[1],
  (x, kind) AS x::DECIMAL(38, 20);
CREATE MACRO as_long_numeric(x, kind BIGINT) AS x::DECIMAL(38, 0), (x, kind HUGEINT) AS x::DECIMAL(38, 0),
  (x, kind DECIMAL) AS x, (x, kind DOUBLE) AS civis_sql.kept_double(x, 'a numeric'), (x, kind FLOAT) AS civis_sql.real_as_text(x)::DECIMAL(38, 20),
  (x, kind VARCHAR) AS civis_sql.kept_text(x, 'a numeric'), (x, kind) AS x::DECIMAL(38, 20);
CREATE MACRO assigned_any_numeric(x, name, kind DECIMAL) AS civis_sql.kept_decimal(x, name),
  (x, name, kind DOUBLE) AS civis_sql.kept_double(x, name), (x, name, kind FLOAT) AS civis_sql.real_as_text(x)::DECIMAL(38, 20),
  (x, name, kind BIGINT) AS civis_sql.kept_decimal(x::DECIMAL(38, 0), name),
  (x, name, kind HUGEINT) AS civis_sql.kept_decimal(x::DECIMAL(38, 0), name),
  (x, name, kind VARCHAR) AS civis_sql.kept_text(x, name),
  (x, name, kind BOOLEAN) AS CASE WHEN x IS NOT NULL THEN civis_sql.fail(name || ' is of a type of numbers but expression is of type boolean: cast it') END,
  (x, name, kind) AS x::DECIMAL(38, 20);
CREATE MACRO boolean_of_text(x) AS
  CASE lower(trim(x)) WHEN 'on' THEN true WHEN 'off' THEN false WHEN 'of' THEN false
       WHEN '1' THEN true WHEN '0' THEN false
       ELSE CASE WHEN lower(trim(x)) <> '' AND (starts_with('true', lower(trim(x))) OR starts_with('yes', lower(trim(x)))) THEN true
                 WHEN lower(trim(x)) <> '' AND (starts_with('false', lower(trim(x))) OR starts_with('no', lower(trim(x)))) THEN false
                 WHEN x IS NOT NULL THEN civis_sql.fail('invalid input syntax for type boolean: "' || x || '"')::BOOLEAN END END;
CREATE MACRO as_boolean(x, kind VARCHAR) AS civis_sql.boolean_of_text(x), (x, kind) AS x;
CREATE MACRO as_boolean_pg(x, kind VARCHAR) AS CASE WHEN typeof(x) = 'JSON' THEN civis_sql.jsonb_scalar(x, 'boolean')::BOOLEAN ELSE civis_sql.boolean_of_text(x) END, (x, kind) AS x;
CREATE MACRO is_usual_date(x) AS regexp_full_match(x, '\s*\d{4}-\d{1,2}-\d{1,2}\s*') OR contains(lower(x), 'inf');
CREATE MACRO is_usual_time(x) AS contains(lower(x), 'inf')
  OR regexp_full_match(x, '\s*\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d\d(:\d\d(\.\d{1,6})?)?)?\s*');
CREATE MACRO date_of_text(x) AS CASE WHEN civis_sql.is_usual_date(x) THEN x::DATE
  ELSE make_timestamp(civis_sql_moment_of_text(x, 'date'))::DATE END;
CREATE MACRO as_date(x, kind VARCHAR) AS civis_sql.date_of_text(x), (x, kind) AS x;
CREATE MACRO timestamp_of_text(x) AS CASE WHEN civis_sql.is_usual_time(x) THEN x::TIMESTAMP
  ELSE make_timestamp(civis_sql_moment_of_text(x, 'timestamp')) END;
CREATE MACRO as_time(x, kind TIMESTAMPTZ) AS x::TIMESTAMP, (x, kind TIMESTAMP) AS x, (x, kind VARCHAR) AS x,
  (x, kind INTERVAL) AS DATE '2000-01-01' + x, (x, kind) AS x;
CREATE MACRO rounded_clock(us, digits) AS (round(us / power(10, 6 - digits)) * power(10, 6 - digits))::BIGINT;
CREATE MACRO rounded_time(x, digits) AS CASE WHEN x IS NULL OR digits >= 6 THEN x
  WHEN civis_sql.rounded_clock(civis_sql.clock_of(x), digits) = 86400000000 THEN TIME '24:00:00'
  ELSE TIME '00:00:00' + to_microseconds(civis_sql.rounded_clock(civis_sql.clock_of(x), digits)) END;
CREATE MACRO rounded_timestamptz(x, digits) AS CASE WHEN x IS NULL OR digits >= 6 OR NOT isfinite(x) THEN x
  ELSE make_timestamptz(civis_sql.rounded_clock(epoch_us(x), digits)) END;
CREATE MACRO as_timestamp(x, kind VARCHAR) AS civis_sql.timestamp_of_text(x), (x, kind) AS x;
CREATE MACRO as_timestamptz(x, kind VARCHAR) AS CASE WHEN regexp_matches(x, '\d\s*[A-Za-z]+\s*$') THEN civis_sql_text_with_zone(x) ELSE x END,
  (x, kind) AS x;
-- Values that are put into columns: a number is no truth value, which is no number.
CREATE MACRO assigned_integer(x, kind VARCHAR) AS civis_sql.integer_of_text(x),
  (x, kind BOOLEAN) AS CASE WHEN x IS NOT NULL THEN civis_sql.fail('column is of a type of numbers but expression is of type boolean: cast it') END,
  (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind DECIMAL) AS x, (x, kind DOUBLE) AS x,
  (x, kind FLOAT) AS x, (x, kind) AS x;
CREATE MACRO assigned_numeric(x, kind VARCHAR) AS civis_sql.numeric_of_text(x),
  (x, kind BOOLEAN) AS CASE WHEN x IS NOT NULL THEN civis_sql.fail('column is of a type of numbers but expression is of type boolean: cast it') END,
  (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind DECIMAL) AS x, (x, kind DOUBLE) AS x,
  (x, kind FLOAT) AS x, (x, kind) AS x;
CREATE MACRO assigned_float(x, kind VARCHAR) AS civis_sql.float_of_text(x),
  (x, kind BOOLEAN) AS CASE WHEN x IS NOT NULL THEN civis_sql.fail('column is of a type of numbers but expression is of type boolean: cast it') END,
  (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind DECIMAL) AS x, (x, kind DOUBLE) AS x,
  (x, kind FLOAT) AS x, (x, kind) AS x;
-- Blanks at the end are cut where a text is too long, and do not count in a CHAR.
CREATE MACRO kept_in_char(x) AS rtrim(x::VARCHAR, ' ');
CREATE MACRO kept_in_char_of_bytes(x) AS CASE WHEN strlen(x::VARCHAR) = length(x::VARCHAR) THEN rtrim(x::VARCHAR, ' ')
  WHEN x IS NOT NULL THEN civis_sql.fail_text('a CHAR has characters of one byte each: "' || x || '" has others; use VARCHAR') END;
CREATE MACRO kept_in_bytes(x, n) AS list_transform([x::VARCHAR], lambda v: CASE
  WHEN strlen(v) > n AND strlen(rtrim(v, ' ')) <= n THEN left(v, length(v) - (strlen(v) - n)::BIGINT) ELSE v END)[1];
CREATE MACRO kept_in_letters(x, n) AS list_transform([x::VARCHAR], lambda v: CASE
  WHEN length(v) > n AND length(rtrim(v, ' ')) <= n THEN left(v, n::BIGINT) ELSE v END)[1];
-- As many whole characters as n bytes hold.
CREATE MACRO left_bytes(x, n) AS list_transform([x], lambda v: CASE WHEN strlen(v) <= n THEN v
  WHEN strlen(v) = length(v) THEN left(v, n::BIGINT)
  ELSE coalesce(TRY(decode(encode(v)[1:n])), TRY(decode(encode(v)[1:n - 1])), TRY(decode(encode(v)[1:n - 2])),
    TRY(decode(encode(v)[1:n - 3]))) END)[1];
CREATE MACRO assigned_boolean(x, kind VARCHAR) AS civis_sql.boolean_of_text(x),
  (x, kind BOOLEAN) AS x,
  (x, kind BIGINT) AS CASE WHEN x IS NOT NULL THEN civis_sql.fail('column is of type boolean but expression is of a type of numbers: cast it')::BOOLEAN END,
  (x, kind DECIMAL) AS CASE WHEN x IS NOT NULL THEN civis_sql.fail('column is of type boolean but expression is of a type of numbers: cast it')::BOOLEAN END,
  (x, kind DOUBLE) AS CASE WHEN x IS NOT NULL THEN civis_sql.fail('column is of type boolean but expression is of a type of numbers: cast it')::BOOLEAN END,
  (x, kind) AS x;
-- Of an aggregate the type is known in a list only, by which the macro is chosen.
CREATE MACRO moment(x) AS list_transform([x], lambda v: civis_sql.as_timestamp(v, v)::TIMESTAMP)[1];
-- As the interval style "postgres" has it: a sign where the part before is negative.
CREATE MACRO counted(n, unit, before) AS CASE WHEN n = 0 THEN '' ELSE
  CASE WHEN before < 0 AND n > 0 THEN '+' ELSE '' END || n || ' ' || unit
  || CASE WHEN n = 1 THEN ' ' ELSE 's ' END END;
CREATE MACRO clock_as_text(t, before) AS CASE WHEN t < 0 THEN '-' WHEN before < 0 THEN '+' ELSE '' END
  || lpad((abs(t) // 3600000000)::VARCHAR, greatest(2, length((abs(t) // 3600000000)::VARCHAR))::INTEGER, '0')
  || ':' || lpad((abs(t) // 60000000 % 60)::VARCHAR, 2, '0')
  || ':' || lpad((abs(t) // 1000000 % 60)::VARCHAR, 2, '0')
  || rtrim(rtrim('.' || lpad((abs(t) % 1000000)::VARCHAR, 6, '0'), '0'), '.');
CREATE MACRO interval_as_text(years, months, days, t) AS CASE
  WHEN t <> 0 OR (years = 0 AND months = 0 AND days = 0)
  THEN civis_sql.counted(years, 'year', 0) || civis_sql.counted(months, 'mon', years)
    || civis_sql.counted(days, 'day', CASE WHEN months <> 0 THEN months ELSE years END)
    || civis_sql.clock_as_text(t, CASE WHEN days <> 0 THEN days WHEN months <> 0 THEN months ELSE years END)
  ELSE rtrim(civis_sql.counted(years, 'year', 0) || civis_sql.counted(months, 'mon', years)
    || civis_sql.counted(days, 'day', CASE WHEN months <> 0 THEN months ELSE years END)) END;
-- The shortest digits that are read as the same number: DuckDB's, but those between what begins to be
-- written with an exponent in PostgreSQL and what does in DuckDB.
CREATE MACRO double_with_exponent(x) AS regexp_replace(regexp_replace(x::VARCHAR, '^(-?\d)(\d{15})\.(\d+)$', '\1.\2\3e+15'), '\.?0+e', 'e');
CREATE MACRO real_with_exponent(x) AS regexp_replace(regexp_replace(x::VARCHAR, '^(-?\d)(\d+)\.(\d+)$', '\1.\2\3'), '\.?0+$', '')
  || 'e+' || lpad((length(regexp_extract(x::VARCHAR, '^-?(\d+)', 1)) - 1)::VARCHAR, 2, '0');
CREATE MACRO odd_number_as_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN x = 0 THEN rtrim(x::VARCHAR, '.0') || '0'
  WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END END;
-- A text in Redshift's SUPER has no quotes.
CREATE MACRO text_of_super(j) AS CASE WHEN json_type(j) = 'VARCHAR' THEN json_extract_string(j, '$') ELSE j END;
CREATE MACRO as_text(x, kind DOUBLE) AS
  CASE WHEN x = trunc(x) AND abs(x) < 1e15 AND x <> 0 THEN x::BIGINT::VARCHAR
       WHEN abs(x) >= 1e15 AND abs(x) < 1e16 THEN civis_sql.double_with_exponent(x)
       ELSE coalesce(civis_sql.odd_number_as_text(x), x::VARCHAR) END,
  (x, kind FLOAT) AS
  CASE WHEN x = trunc(x) AND abs(x) < 1e6 AND x <> 0 THEN x::INTEGER::VARCHAR
       WHEN abs(x) >= 1e6 AND abs(x) < 1e16 THEN civis_sql.real_with_exponent(x)
       ELSE coalesce(civis_sql.odd_number_as_text(x), x::VARCHAR) END,
  (x, kind INTERVAL) AS civis_sql.interval_as_text(date_part('year', x), date_part('month', x), date_part('day', x),
    date_part('hour', x) * 3600000000 + date_part('minute', x) * 60000000 + date_part('microseconds', x)),
  (x, kind DECIMAL) AS regexp_replace(x::VARCHAR, '^(-?)\.', '\10.'),
  (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x,
  (x, kind VARCHAR) AS CASE WHEN typeof(x) = 'JSON' THEN civis_sql.text_of_super(x::VARCHAR) ELSE x::VARCHAR END,
  (x, kind DATE) AS CASE WHEN x < DATE '0001-01-01' THEN replace(x::VARCHAR, '(BC)', 'BC') ELSE x::VARCHAR END,
  (x, kind TIMESTAMP) AS CASE WHEN x < TIMESTAMP '0001-01-01' THEN regexp_replace(x::VARCHAR, '^(.*) \(BC\)(.*)$', '\1\2 BC')
    ELSE x::VARCHAR END, (x, kind) AS x;
-- How many digits PostgreSQL's text of a quotient has is not known where only its value is.
CREATE MACRO as_text_pg(x, kind DECIMAL) AS CASE WHEN regexp_full_match(typeof(x), 'DECIMAL\(38,[123]\d\)')
    THEN CASE WHEN x IS NOT NULL THEN civis_sql.fail_text('the digits in the text of a numeric without a scale, or a quotient, mean, root, power or long product, are not known here: round it before, as in round(x, 2), or cast it to numeric(12, 2)') END
    ELSE regexp_replace(x::VARCHAR, '^(-?)\.', '\10.') END,
  (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind VARCHAR) AS x,
  (x, kind DOUBLE) AS civis_sql.as_text(x, kind), (x, kind FLOAT) AS civis_sql.as_text(x, kind),
  (x, kind INTERVAL) AS civis_sql.as_text(x, kind), (x, kind DATE) AS civis_sql.as_text(x, kind),
  (x, kind TIMESTAMP) AS civis_sql.as_text(x, kind), (x, kind BLOB) AS '\x' || lower(hex(x)), (x, kind) AS x;
CREATE MACRO first_text(whole, digits, kind DECIMAL) AS digits,
  (whole, digits, kind BIGINT) AS civis_sql.as_text_pg(whole, kind), (whole, digits, kind HUGEINT) AS digits,
  (whole, digits, kind DOUBLE) AS civis_sql.as_text_pg(whole, kind), (whole, digits, kind VARCHAR) AS whole,
  (whole, digits, kind BOOLEAN) AS civis_sql.as_text_pg(whole, kind),
  (whole, digits, kind DATE) AS civis_sql.as_text_pg(whole, kind), (whole, digits, kind TIMESTAMP) AS civis_sql.as_text_pg(whole, kind),
  (whole, digits, kind INTERVAL) AS civis_sql.as_text_pg(whole, kind), (whole, digits, kind) AS whole;
CREATE MACRO shown(x, kind BOOLEAN) AS CASE WHEN x THEN 't' WHEN NOT x THEN 'f' END,
  (x, kind DOUBLE) AS civis_sql.as_text(x, kind), (x, kind FLOAT) AS civis_sql.as_text(x, kind),
  (x, kind INTERVAL) AS civis_sql.as_text(x, kind), (x, kind VARCHAR) AS x, (x, kind BIGINT) AS x,
  (x, kind HUGEINT) AS x, (x, kind DECIMAL) AS civis_sql.as_text_pg(x, kind), (x, kind) AS x;
CREATE MACRO plain_type_name(name) AS CASE regexp_replace(name, '\(.*\)', '')
  WHEN 'VARCHAR' THEN 'text' WHEN 'DOUBLE' THEN 'double precision' WHEN 'FLOAT' THEN 'real'
  WHEN 'DECIMAL' THEN 'numeric' WHEN 'HUGEINT' THEN 'numeric' WHEN 'TINYINT' THEN 'smallint'
  WHEN 'TIMESTAMP' THEN 'timestamp without time zone' WHEN 'TIME' THEN 'time without time zone'
  WHEN '"NULL"' THEN 'unknown' WHEN 'BLOB' THEN 'bytea' ELSE lower(regexp_replace(name, '\(.*\)', '')) END;
CREATE MACRO type_name(name) AS CASE WHEN ends_with(name, '[]') THEN civis_sql.plain_type_name(rtrim(name, '[]')) || '[]'
  ELSE civis_sql.plain_type_name(name) END;
CREATE MACRO format_type(kind, modifier) AS CASE kind::BIGINT
  WHEN 16 THEN 'boolean' WHEN 17 THEN 'bytea' WHEN 20 THEN 'bigint' WHEN 21 THEN 'smallint' WHEN 23 THEN 'integer'
  WHEN 25 THEN 'text' WHEN 114 THEN 'json' WHEN 700 THEN 'real' WHEN 701 THEN 'double precision'
  WHEN 1042 THEN 'character' WHEN 1043 THEN 'character varying' WHEN 1082 THEN 'date'
  WHEN 1083 THEN 'time without time zone' WHEN 1114 THEN 'timestamp without time zone'
  WHEN 1184 THEN 'timestamp with time zone' WHEN 1186 THEN 'interval' WHEN 1266 THEN 'time with time zone'
  WHEN 1700 THEN 'numeric' WHEN 2950 THEN 'uuid' WHEN 4000 THEN 'super' WHEN 6551 THEN 'binary varying' ELSE CASE WHEN kind IS NOT NULL THEN '???' END END
  || CASE WHEN modifier IS NULL OR modifier < 4 THEN '' WHEN kind IN (1042, 1043) THEN '(' || (modifier - 4) || ')'
     WHEN kind = 1700 THEN '(' || ((modifier - 4) >> 16) || ',' || ((modifier - 4) & 65535) || ')' ELSE '' END;
CREATE MACRO format_encoding(n) AS CASE WHEN n IS NOT NULL THEN 'none' END;
CREATE MACRO col_description(relation, number) AS (SELECT any_value(comment) FROM duckdb_columns()
  WHERE database_name IN (current_database(), 'temp') AND table_oid = relation AND column_index = number);
CREATE MACRO as_compared(x, kind VARCHAR) AS civis_sql.fail_text('operator does not exist: a text is compared with a number: ' || x),
  (x, kind BOOLEAN) AS civis_sql.fail('operator does not exist: boolean = integer: ' || x)::BOOLEAN,
  (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind DECIMAL) AS x, (x, kind DOUBLE) AS x,
  (x, kind FLOAT) AS x, (x, kind) AS x;
-- What is compared with 0 or 1, as which Redshift has truth values as well.
CREATE MACRO as_compared_rs(x, kind BOOLEAN) AS x::INTEGER, (x, kind VARCHAR) AS civis_sql.as_compared(x, kind),
  (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x, (x, kind DECIMAL) AS x, (x, kind DOUBLE) AS x,
  (x, kind FLOAT) AS x, (x, kind) AS x;
-- A text that is no number, among values: refused when the statement is bound, whether it is reached or not.
CREATE MACRO no_number(x, name) AS round(NULL::DECIMAL(38, 37),
  CAST('civis_sql: invalid input syntax for type ' || name || ': "' || x || '"' AS INTEGER));
-- A condition that is no truth value: refused when the statement is bound, as above.
CREATE MACRO refused(told) AS CAST(round(NULL::DECIMAL(38, 37), CAST('civis_sql: ' || told AS INTEGER)) AS BOOLEAN);
CREATE MACRO no_truth_value(clause, name) AS
  civis_sql.refused('argument of ' || clause || ' must be type boolean, not type ' || name);
-- A truth value among numbers, as in COALESCE: refused in the same way.
CREATE MACRO no_truth_among(x, told, kind BOOLEAN) AS civis_sql.refused(told),
  (x, told, kind SMALLINT) AS x,
  (x, told, kind INTEGER) AS x,
  (x, told, kind BIGINT) AS x,
  (x, told, kind HUGEINT) AS x,
  (x, told, kind DECIMAL) AS x,
  (x, told, kind FLOAT) AS x,
  (x, told, kind DOUBLE) AS x,
  (x, told, kind VARCHAR) AS x,
  (x, told, kind DATE) AS x,
  (x, told, kind TIMESTAMP) AS x,
  (x, told, kind TIMESTAMPTZ) AS x,
  (x, told, kind INTERVAL) AS x,
  (x, told, kind) AS x;
CREATE MACRO truth(x, clause, kind BOOLEAN) AS x,
  (x, clause, kind SMALLINT) AS civis_sql.no_truth_value(clause, 'smallint'),
  (x, clause, kind INTEGER) AS civis_sql.no_truth_value(clause, 'integer'),
  (x, clause, kind BIGINT) AS civis_sql.no_truth_value(clause, 'bigint'),
  (x, clause, kind HUGEINT) AS civis_sql.no_truth_value(clause, 'numeric'),
  (x, clause, kind DECIMAL) AS civis_sql.no_truth_value(clause, 'numeric'),
  (x, clause, kind FLOAT) AS civis_sql.no_truth_value(clause, 'real'),
  (x, clause, kind DOUBLE) AS civis_sql.no_truth_value(clause, 'double precision'),
  (x, clause, kind VARCHAR) AS civis_sql.no_truth_value(clause, 'text'),
  (x, clause, kind DATE) AS civis_sql.no_truth_value(clause, 'date'),
  (x, clause, kind TIMESTAMP) AS civis_sql.no_truth_value(clause, 'timestamp'),
  (x, clause, kind TIMESTAMPTZ) AS civis_sql.no_truth_value(clause, 'timestamp with time zone'),
  (x, clause, kind INTERVAL) AS civis_sql.no_truth_value(clause, 'interval'),
  (x, clause, kind) AS x;
-- As what a condition of a kind is judged: Redshift converts integers to truth values.
CREATE MACRO truth_kind(kind) AS kind;
CREATE MACRO truth_kind_rs(kind SMALLINT) AS NULL::BOOLEAN, (kind INTEGER) AS NULL::BOOLEAN,
  (kind BIGINT) AS NULL::BOOLEAN, (kind) AS kind;
CREATE MACRO text_among(x, typed, kind BIGINT) AS civis_sql.no_number(x, 'integer'),
  (x, typed, kind HUGEINT) AS civis_sql.no_number(x, 'numeric'), (x, typed, kind DECIMAL) AS civis_sql.no_number(x, 'numeric'),
  (x, typed, kind DOUBLE) AS civis_sql.no_number(x, 'double precision'), (x, typed, kind VARCHAR) AS cast_to_type(x, typed),
  (x, typed, kind) AS cast_to_type(x, typed);
CREATE MACRO text_beside(x, number, kind BIGINT) AS civis_sql.integer_of_text(x)::BIGINT,
  (x, number, kind DOUBLE) AS x::DOUBLE, (x, number, kind DECIMAL) AS number,
  (x, number, kind HUGEINT) AS number, (x, number, kind INTERVAL) AS number, (x, number, kind) AS x;
CREATE MACRO trimmed(x, kind VARCHAR) AS CASE WHEN typeof(x) = 'JSON'
  THEN civis_sql.fail_text('values of the type SUPER are not compared here: compare what JSON_EXTRACT_PATH_TEXT or a cast returns')
  ELSE rtrim(x, ' ') END, (x, kind BIGINT) AS x, (x, kind HUGEINT) AS x,
  (x, kind DECIMAL) AS x, (x, kind DOUBLE) AS x, (x, kind FLOAT) AS x, (x, kind DATE) AS x,
  (x, kind TIMESTAMP) AS x, (x, kind) AS x;
-- A value beside another: Redshift makes a truth value of an integer where it is compared with one.
CREATE MACRO beside(x, kind VARCHAR, other) AS civis_sql.trimmed(x, kind), (x, kind BIGINT, other BOOLEAN) AS x <> 0,
  (x, kind BIGINT, other) AS x, (x, kind HUGEINT, other) AS x, (x, kind DECIMAL, other) AS x, (x, kind DOUBLE, other) AS x,
  (x, kind FLOAT, other) AS x, (x, kind DATE, other) AS x, (x, kind TIMESTAMP, other) AS x, (x, kind, other) AS x;
CREATE MACRO like_all(x, patterns) AS len(patterns) = 0 OR
  list_bool_and(list_transform(patterns, lambda p: x LIKE p ESCAPE '\'));
CREATE MACRO like_any(x, patterns) AS len(patterns) > 0 AND
  list_bool_or(list_transform(patterns, lambda p: x LIKE p ESCAPE '\'));
CREATE MACRO ilike_all(x, patterns) AS len(patterns) = 0 OR
  list_bool_and(list_transform(patterns, lambda p: x ILIKE p ESCAPE '\'));
CREATE MACRO ilike_any(x, patterns) AS len(patterns) > 0 AND
  list_bool_or(list_transform(patterns, lambda p: x ILIKE p ESCAPE '\'));
CREATE MACRO not_like_all(x, patterns) AS NOT civis_sql.like_any(x, patterns);
CREATE MACRO not_like_any(x, patterns) AS NOT civis_sql.like_all(x, patterns);
CREATE MACRO not_ilike_all(x, patterns) AS NOT civis_sql.ilike_any(x, patterns);
CREATE MACRO not_ilike_any(x, patterns) AS NOT civis_sql.ilike_all(x, patterns);
-- DuckDB counts negative numbers from the end; an element of PostgreSQL's arrays of arrays has two numbers.
CREATE MACRO element(a, n) AS CASE WHEN typeof(a) = 'VARCHAR'
  THEN CASE WHEN civis_sql.fail('cannot subscript type text: cast it to an array') IS NULL THEN a[n] END
  WHEN typeof(a) = 'JSON' OR (n >= 1 AND NOT ends_with(typeof(a), '[][]')) THEN a[n] END;
CREATE MACRO row_of_array(a, n) AS CASE WHEN n >= 1 OR typeof(a) = 'JSON' THEN a[n] END;
CREATE MACRO slice_of_array(a, first, last) AS CASE WHEN typeof(a) = 'VARCHAR'
  THEN CASE WHEN civis_sql.fail('cannot subscript type text: use substring') IS NULL THEN list_slice(a, 1, 1) END
  WHEN first IS NOT NULL AND last IS NOT NULL
  THEN list_slice(a, CASE WHEN first < 1 THEN 1 ELSE first END, CASE WHEN last < 0 THEN 0 ELSE last END) END;
CREATE MACRO as_array(x) AS replace(replace(x, '{', '['), '}', ']');

-- Texts ----------------------------------------------------------------------------------------
-- A place in a text, where smaller numbers mean its beginning. Unlike greatest(), NULL stays NULL.
CREATE MACRO place(n) AS CASE WHEN n < 1 THEN 1 ELSE n END;
CREATE MACRO no_bytes(s) AS CASE WHEN typeof(s) = 'BLOB' THEN civis_sql.fail_text('SUBSTRING of bytes is not supported: cast them to text') ELSE s::VARCHAR END;
CREATE MACRO substring(s, first) AS substring(civis_sql.no_bytes(s), civis_sql.place(first)),
  (s, first, size) AS substring(civis_sql.no_bytes(s), civis_sql.place(first),
    CASE WHEN size < 0 THEN civis_sql.fail('negative substring length not allowed')
         WHEN first >= 1 THEN size WHEN size + first > 1 THEN size + first - 1
         WHEN size + first IS NOT NULL THEN 0 END);
CREATE MACRO not_negative(n) AS CASE WHEN n < 0 THEN 0 ELSE n END;
-- DuckDB has no text to fill with by default, and refuses an empty one.
CREATE MACRO lpad(s, size) AS lpad(s::VARCHAR, size, ' '),
  (s, size, fill) AS CASE WHEN fill = '' THEN system.main."left"(s::VARCHAR, civis_sql.not_negative(size))
    ELSE lpad(s::VARCHAR, size, nullif(fill, '')) END;
CREATE MACRO rpad(s, size) AS rpad(s::VARCHAR, size, ' '),
  (s, size, fill) AS CASE WHEN fill = '' THEN system.main."left"(s::VARCHAR, civis_sql.not_negative(size))
    ELSE rpad(s::VARCHAR, size, nullif(fill, '')) END;
CREATE MACRO initcap(s) AS array_to_string(list_transform(
  regexp_extract_all(lower(s), '[\p{L}\p{N}]+|[^\p{L}\p{N}]+'), lambda w: upper(w[1]) || w[2:]), '');
CREATE MACRO upper(s) AS CASE WHEN contains(s::VARCHAR, 'ß')
  THEN array_to_string(list_transform(string_split(s::VARCHAR, 'ß'), lambda w: upper(w)), 'ß') ELSE upper(s::VARCHAR) END;
CREATE MACRO to_hex(n BLOB) AS lower(hex(n)),
  (n INTEGER) AS lower(to_hex(CASE WHEN n < 0 THEN n::BIGINT + 4294967296 ELSE n END)),
  (n) AS lower(to_hex(n::BIGINT));
CREATE MACRO from_hex(s) AS unhex(s);
CREATE MACRO bytes_as_text(b, format) AS CASE lower(format) WHEN 'hex' THEN lower(hex(b)) WHEN 'binary' THEN b::BIT::VARCHAR
    WHEN 'utf8' THEN decode(b) WHEN 'utf-8' THEN decode(b) WHEN 'utf_8' THEN decode(b) WHEN 'base64' THEN base64(b)
    ELSE civis_sql.fail_text('FROM_VARBYTE has no format "' || format || '": it is hex, binary, utf8 or base64') END;
CREATE MACRO from_varbyte(b VARCHAR, format) AS civis_sql.bytes_as_text(encode(b), format),
  (b, format) AS civis_sql.bytes_as_text(b, format);
CREATE MACRO to_varbyte(s, format) AS CASE lower(format)
    WHEN 'hex' THEN unhex(CASE WHEN length(s) % 2 = 1 THEN '0' || s ELSE s END) WHEN 'binary' THEN s::BIT::BLOB
    WHEN 'utf8' THEN encode(s) WHEN 'utf-8' THEN encode(s) WHEN 'utf_8' THEN encode(s) WHEN 'base64' THEN from_base64(s)
    ELSE civis_sql.fail_text('TO_VARBYTE has no format "' || format || '": it is hex, binary, utf8 or base64')::BLOB END;
CREATE MACRO octetindex(s, t) AS CASE WHEN strpos(t::VARCHAR, s::VARCHAR) = 0 THEN 0
  ELSE strlen(system.main."left"(t::VARCHAR, strpos(t::VARCHAR, s::VARCHAR) - 1)) + 1 END;
CREATE MACRO soundex(s) AS civis_sql_soundex(s::VARCHAR);
CREATE MACRO same_sounds(s, t) AS CASE WHEN s = '' AND t = '' THEN 1 WHEN s = '' OR t = '' THEN 0
  ELSE (s[1] = t[1])::INTEGER + (s[2] = t[2])::INTEGER + (s[3] = t[3])::INTEGER + (s[4] = t[4])::INTEGER END;
CREATE MACRO difference(s, t) AS CASE WHEN s = '' OR t = '' THEN 0
  ELSE civis_sql.same_sounds(civis_sql_soundex(s::VARCHAR), civis_sql_soundex(t::VARCHAR)) END;
CREATE MACRO fnv_hash(x VARCHAR) AS civis_sql_fnv_hash(x, 0, -3750763034362895579),
  (x VARCHAR, seed) AS civis_sql_fnv_hash(x, 0, seed),
  (x SMALLINT) AS civis_sql_fnv_hash(x::VARCHAR, 2, -3750763034362895579), (x SMALLINT, seed) AS civis_sql_fnv_hash(x::VARCHAR, 2, seed),
  (x INTEGER) AS civis_sql_fnv_hash(x::VARCHAR, 4, -3750763034362895579), (x INTEGER, seed) AS civis_sql_fnv_hash(x::VARCHAR, 4, seed),
  (x BIGINT) AS civis_sql_fnv_hash(x::VARCHAR, 8, -3750763034362895579), (x BIGINT, seed) AS civis_sql_fnv_hash(x::VARCHAR, 8, seed);
CREATE MACRO textlen(s) AS length(s);
CREATE MACRO btrim(s) AS trim(s), (s, characters) AS trim(s, characters);
CREATE MACRO replicate(s, n) AS repeat(s::VARCHAR, n);
CREATE MACRO repeat(s, n) AS repeat(s::VARCHAR, n);
CREATE MACRO as_bytes(x, kind VARCHAR) AS CASE WHEN starts_with(x, '\x') THEN
  CASE WHEN regexp_full_match(x, '\\x([0-9a-fA-F]{2})*') THEN unhex(substr(x, 3))
       ELSE civis_sql.fail_text('invalid hexadecimal data: ' || x)::BLOB END
  WHEN contains(x, '\') THEN civis_sql.fail_text('escapes in bytea are not supported: write the bytes as \x and hexadecimal digits')::BLOB
  ELSE encode(x) END,
  (x, kind) AS x;
CREATE MACRO shown_bytes(x) AS '\x' || lower(hex(x));
CREATE MACRO bytes_of_text(s, format) AS CASE format WHEN 'hex' THEN unhex(s) WHEN 'base64' THEN from_base64(s)
  WHEN 'escape' THEN encode(s) ELSE civis_sql.fail_text('unrecognized encoding: "' || format || '"')::BLOB END;
CREATE MACRO encoded(b, format) AS CASE format WHEN 'hex' THEN lower(hex(b))
  WHEN 'base64' THEN array_to_string(regexp_extract_all(base64(b), '.{1,76}'), chr(10))
  WHEN 'escape' THEN decode(b) ELSE civis_sql.fail_text('unrecognized encoding: "' || format || '"') END;
CREATE MACRO text_of_bytes(b VARCHAR, format) AS civis_sql.encoded(civis_sql.as_bytes(b, b), format),
  (b, format) AS civis_sql.encoded(b, format);
CREATE MACRO array_length(a, dimension) AS CASE dimension WHEN 1 THEN nullif(len(a), 0)
  ELSE civis_sql.fail('array_length: only the first dimension is supported') END;
CREATE MACRO cardinality(a) AS CASE WHEN typeof(a) LIKE '%[][]%'
  THEN len(json_extract(to_json(a), '$[*][*]')) ELSE len(a) END;
CREATE MACRO octet_length(s BLOB) AS octet_length(s), (s) AS strlen(s::VARCHAR);
CREATE MACRO convert_from(b, encoding) AS CASE WHEN upper(encoding) IN ('UTF8', 'UTF-8') THEN decode(b)
  ELSE civis_sql.fail_text('the local platform has no encoding but UTF8: ' || encoding) END;
CREATE MACRO convert_to(s, encoding) AS CASE WHEN upper(encoding) IN ('UTF8', 'UTF-8') THEN encode(s)
  ELSE civis_sql.fail_text('the local platform has no encoding but UTF8: ' || encoding)::BLOB END;
CREATE MACRO sha256(b) AS unhex(sha256(b));
-- PostgreSQL's words that are no names of columns, or of functions, without quotes.
CREATE MACRO needs_quotes(word) AS list_contains(string_split('all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both'
  || ' case cast char character check coalesce collate collation column concurrently constraint create cross'
  || ' current_catalog current_date current_role current_schema current_time current_timestamp current_user dec'
  || ' decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign'
  || ' freeze from full grant greatest group grouping having ilike in initially inner inout int integer'
  || ' intersect interval into is isnull join lateral leading least left like limit localtime localtimestamp'
  || ' national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer'
  || ' overlaps overlay placing position precision primary real references returning right row select'
  || ' session_user setof similar smallint some substring symmetric table tablesample then time timestamp to'
  || ' trailing treat trim true union unique user using values varchar variadic verbose when where window with'
  || ' xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize'
  || ' xmltable', ' '), word);
CREATE MACRO quote_ident(s) AS CASE WHEN regexp_full_match(s, '[a-z_][a-z0-9_]*') AND NOT civis_sql.needs_quotes(s)
  THEN s ELSE '"' || replace(s, '"', '""') || '"' END;
CREATE MACRO quote_literal(s) AS CASE WHEN contains(s::VARCHAR, '\')
  THEN 'E''' || replace(replace(s::VARCHAR, '\', '\\'), '''', '''''') || ''''
  ELSE '''' || replace(s::VARCHAR, '''', '''''') || '''' END;
CREATE MACRO padded(s, width) AS CASE WHEN length(s) >= abs(width) THEN s
  WHEN width < 0 THEN rpad(s, (-width)::INTEGER, ' ') ELSE lpad(s, width::INTEGER, ' ') END;
CREATE MACRO quote_nullable(s) AS coalesce(civis_sql.quote_literal(s), 'NULL');
CREATE MACRO string_to_array(s, separator) AS
  CASE WHEN s = '' THEN []::VARCHAR[] WHEN separator IS NULL THEN string_split(s, '') WHEN separator = '' THEN [s]
       ELSE string_split(s, separator) END,
  (s, separator, null_text) AS
  list_transform(CASE WHEN s = '' THEN []::VARCHAR[] WHEN separator IS NULL THEN string_split(s, '')
    WHEN separator = '' THEN [s] ELSE string_split(s, separator) END, lambda w: nullif(w, null_text));
CREATE MACRO array_to_string(a, separator) AS CASE WHEN separator IS NOT NULL AND a IS NOT NULL
    THEN coalesce(array_to_string(a, separator), '') END,
  (a, separator, null_text) AS CASE WHEN separator IS NOT NULL AND a IS NOT NULL THEN coalesce(array_to_string(CASE WHEN null_text IS NULL THEN a::VARCHAR[]
    ELSE list_transform(a::VARCHAR[], lambda w: coalesce(w, null_text)) END, separator), '') END;
CREATE MACRO array_remove(a, x) AS list_filter(a, lambda w: w IS DISTINCT FROM x);
CREATE MACRO split_part_rs(s, separator, n) AS
  CASE WHEN n < 1 THEN civis_sql.fail_text('field position must be greater than zero')
       ELSE split_part(s, separator, n) END;
CREATE MACRO split_part_pg(s, separator, n) AS
  CASE WHEN n = 0 THEN civis_sql.fail_text('field position must not be zero')
       WHEN separator = '' THEN CASE WHEN n IN (1, -1) THEN s ELSE '' END ELSE split_part(s, separator, n) END;
CREATE MACRO chr(n) AS
  chr(CASE WHEN n = 0 THEN civis_sql.fail('null character not permitted') ELSE n END);
-- The documents' example is of CRC-32C.
CREATE MACRO crc32(s) AS printf('%08x', xor(list_reduce([4294967295::BIGINT] || list_transform(
  range(0, strlen(s::VARCHAR)), lambda i: ('0x' || hex(encode(s::VARCHAR))[2 * i + 1 : 2 * i + 2])::BIGINT),
  lambda c, b: list_reduce([xor(c, b)] || range(0, 8),
    lambda r, k: CASE WHEN r % 2 = 1 THEN xor(r >> 1, 2197175160::BIGINT) ELSE r >> 1 END)), 4294967295::BIGINT));
CREATE MACRO checksum(x, kind DECIMAL) AS replace(x::VARCHAR, '.', '')::INTEGER,
  (x, kind BIGINT) AS civis_sql.fail('CHECKSUM is supported of decimals only: Redshift does not tell how it computes others')::INTEGER,
  (x, kind) AS civis_sql.fail('CHECKSUM is supported of decimals only: Redshift does not tell how it computes others')::INTEGER;
CREATE MACRO sha2(s, bits) AS
  CASE WHEN bits IN (0, 256) THEN sha256(s) ELSE civis_sql_sha2(s::VARCHAR, bits::INTEGER) END;
CREATE MACRO func_sha1(s) AS sha1(s);
CREATE MACRO sha(s) AS sha1(s);
CREATE MACRO digit(s, c, base) AS CASE
  WHEN strpos(substr('0123456789abcdefghijklmnopqrstuvwxyz', 1, base), c) = 0
  THEN civis_sql.fail('STRTOL: ' || s || ' is no number of base ' || base)
  ELSE strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1 END::HUGEINT;
CREATE MACRO strtol(s, base) AS CASE WHEN s IS NOT NULL AND base IS NOT NULL THEN CAST(list_reduce(list_prepend(0::HUGEINT, list_transform(
    string_split(regexp_replace(lower(trim(s)), CASE WHEN base = 16 THEN '^[+-]?(0x)?' ELSE '^[+-]?' END, ''), ''),
    lambda c: civis_sql.digit(s, c, base))), lambda total, d: total * base + d)
  * (CASE WHEN trim(s) LIKE '-%' THEN -1 ELSE 1 END) AS BIGINT) END;

-- Regular expressions --------------------------------------------------------------------------
CREATE MACRO regexp_replace_all(s, p) AS regexp_replace(s, p, '', 'g'),
  (s, p, r) AS regexp_replace(s, p, r, 'g'),
  (s, p, r, first) AS substr(s, 1, civis_sql.place(first) - 1) || regexp_replace(substr(s, civis_sql.place(first)), p, r, 'g'),
  (s, p, r, first, options) AS substr(s, 1, civis_sql.place(first) - 1)
    || regexp_replace(substr(s, civis_sql.place(first)), CASE WHEN contains(options, 'i') THEN '(?i)' ELSE '' END || p, r, 'g');
CREATE MACRO regexp_matches_of(s, p, first, options) AS
  regexp_extract_all(substr(s, civis_sql.place(first)), CASE WHEN contains(options, 'i') THEN '(?i)' ELSE '' END || p,
                     CASE WHEN contains(options, 'e') THEN 1 ELSE 0 END);
CREATE MACRO regexp_substr(s, p) AS regexp_extract(s, p),
  (s, p, first) AS regexp_extract(substr(s, civis_sql.place(first)), p),
  (s, p, first, nth) AS CASE WHEN s IS NULL OR p IS NULL THEN NULL ELSE
    coalesce(civis_sql.regexp_matches_of(s, p, first, 'c')[nth], '') END,
  (s, p, first, nth, options) AS CASE WHEN s IS NULL OR p IS NULL THEN NULL ELSE
    coalesce(civis_sql.regexp_matches_of(s, p, first, options)[nth], '') END;
CREATE MACRO regexp_count(s, p) AS len(regexp_extract_all(s, p)),
  (s, p, first) AS len(regexp_extract_all(substr(s, civis_sql.place(first)), p)),
  (s, p, first, options) AS len(civis_sql.regexp_matches_of(s, p, first, options));
CREATE MACRO regexp_place(s, p, first, nth, behind, options) AS
  CASE WHEN s IS NULL OR p IS NULL THEN NULL
       WHEN len(civis_sql.regexp_matches_of(s, p, first, options)) < nth THEN 0
       ELSE civis_sql.place(first) + coalesce(list_sum(list_transform(
              string_split_regex(substr(s, civis_sql.place(first)), CASE WHEN contains(options, 'i') THEN '(?i)' ELSE '' END || p)[1:nth], lambda w: length(w))), 0)
            + coalesce(list_sum(list_transform(
              civis_sql.regexp_matches_of(s, p, first, replace(options, 'e', ''))[1:nth - 1 + behind], lambda w: length(w))), 0)
       END::INTEGER;
CREATE MACRO regexp_instr(s, p) AS civis_sql.regexp_place(s, p, 1, 1, 0, 'c'),
  (s, p, first) AS civis_sql.regexp_place(s, p, first, 1, 0, 'c'),
  (s, p, first, nth) AS civis_sql.regexp_place(s, p, first, nth, 0, 'c'),
  (s, p, first, nth, behind) AS civis_sql.regexp_place(s, p, first, nth, behind, 'c'),
  (s, p, first, nth, behind, options) AS civis_sql.regexp_place(s, p, first, nth, behind, options);

-- Of patterns that need Python: PostgreSQL's calls with positions and groups, Redshift's option p --
CREATE MACRO pattern_count(s, p, first, options) AS len(civis_sql_pattern_spans(s::VARCHAR, p, first, options, 0)) // 2;
CREATE MACRO pattern_place(spans, nth, behind) AS CASE
  WHEN nth < 1 THEN civis_sql.fail('invalid value for parameter "n": ' || nth)
  WHEN behind NOT IN (0, 1) THEN civis_sql.fail('invalid value for parameter "endoption": ' || behind)
  ELSE coalesce(spans[2 * nth - 1 + behind], CASE WHEN spans IS NOT NULL THEN 0 END)::INTEGER END;
CREATE MACRO pattern_instr(s, p, first, nth, behind, options, which) AS
  civis_sql.pattern_place(civis_sql_pattern_spans(s::VARCHAR, p, first, options, which), nth, behind);
CREATE MACRO pattern_piece(s, spans, nth) AS CASE
  WHEN nth < 1 THEN civis_sql.fail_text('invalid value for parameter "n": ' || nth)
  WHEN spans[2 * nth - 1] > 0 THEN substr(s::VARCHAR, spans[2 * nth - 1], spans[2 * nth] - spans[2 * nth - 1]) END;
CREATE MACRO pattern_substr(s, p, first, nth, options, which) AS
  civis_sql.pattern_piece(s, civis_sql_pattern_spans(s::VARCHAR, p, first, options, which), nth);
CREATE MACRO pattern_like(s, p, options) AS len(civis_sql_pattern_spans(s::VARCHAR, p, 1, options, 0)) > 0;
CREATE MACRO pattern_match(s, p, options) AS civis_sql_pattern_groups(s::VARCHAR, p, options)[1];
CREATE MACRO first_group(s, p) AS civis_sql_pattern_groups(s::VARCHAR, p, '')[1][1];
-- A match of no letters splits between letters, but not beside another match.
CREATE MACRO pattern_split(s, p, options) AS civis_sql_pattern_split(s::VARCHAR, p, options);
CREATE MACRO regexp_split_to_array(s, p) AS CASE WHEN p <> '' AND regexp_matches('', p)
  THEN civis_sql_pattern_split(s::VARCHAR, p, '') ELSE regexp_split_to_array(s, p) END,
  (s, p, options) AS CASE WHEN p <> '' AND regexp_matches('', p) THEN civis_sql_pattern_split(s::VARCHAR, p, options)
    ELSE regexp_split_to_array(s, p, options) END;
CREATE MACRO longest_match(s, p) AS civis_sql_pattern_groups(s::VARCHAR, p, 'L')[1][1];
CREATE MACRO pattern_matches(s, p, options) AS civis_sql_pattern_groups(s::VARCHAR, p, options);
CREATE MACRO pattern_replace(s, p, new, first, nth, options) AS
  civis_sql_pattern_replaced(s::VARCHAR, p, new, first, nth, options);

-- Dates and times ------------------------------------------------------------------------------
CREATE MACRO zoned(x, kind DATE) AS x::TIMESTAMPTZ, (x, kind) AS x;
-- AT TIME ZONE INTERVAL '…': what is added to UTC there.
CREATE MACRO zone_interval(i) AS CASE WHEN civis_sql.months_of(i) <> 0 OR civis_sql.days_of(i) <> 0
  THEN CAST(civis_sql.fail_text('interval time zone must not include months or days') AS INTERVAL) ELSE i END;
CREATE MACRO zone_by_interval(x, i, kind TIMESTAMPTZ) AS timezone('UTC', x) + civis_sql.zone_interval(i),
  (x, i, kind TIMESTAMP) AS timezone('UTC', x - civis_sql.zone_interval(i)),
  (x, i, kind DATE) AS timezone('UTC', x::TIMESTAMPTZ) + civis_sql.zone_interval(i);
CREATE MACRO make_interval(years, months, weeks, days, hours, mins, secs) AS civis_sql.interval_of(
  years * 12 + months, weeks * 7 + days, hours * 3600000000 + mins * 60000000 + round(secs * 1000000)::BIGINT);
-- OVERLAPS: of two times the earlier one begins; where one is not known, the other is the begin.
CREATE MACRO end_of(first, last, kind INTERVAL) AS first + last, (first, last, kind DATE) AS last, (first, last, kind TIMESTAMP) AS last,
  (first, last, kind TIMESTAMPTZ) AS last, (first, last, kind TIME) AS last, (first, last, kind) AS last;
CREATE MACRO overlap_ordered(a, b, c, d) AS CASE
  WHEN a > c THEN CASE WHEN a < d THEN true WHEN b IS NOT NULL AND d IS NOT NULL THEN false END
  WHEN a < c THEN CASE WHEN c < b THEN true WHEN b IS NOT NULL AND d IS NOT NULL THEN false END
  WHEN a = c AND b IS NOT NULL AND d IS NOT NULL THEN true END;
CREATE MACRO overlap(a, b, c, d) AS civis_sql.overlap_ordered(
  CASE WHEN a IS NULL OR b < a THEN b ELSE a END, CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN CASE WHEN b < a THEN a ELSE b END END,
  CASE WHEN c IS NULL OR d < c THEN d ELSE c END, CASE WHEN c IS NOT NULL AND d IS NOT NULL THEN CASE WHEN d < c THEN c ELSE d END END);
CREATE MACRO getdate() AS CAST(now() AS TIMESTAMP);
CREATE MACRO add_months(d, n) AS list_transform([{'d': civis_sql.moment(d), 'step': to_months(n::INTEGER)}], lambda v:
  CASE WHEN last_day(v.d) = v.d::DATE THEN last_day(v.d + v.step)::TIMESTAMP + (v.d - v.d::DATE::TIMESTAMP) ELSE v.d + v.step END)[1];
CREATE MACRO add_interval(step, d, kind TIME) AS d + step,
  (step, d, kind TIMESTAMPTZ) AS d + step,
  (step, d, kind) AS d::TIMESTAMP + step;
CREATE MACRO add_years(n, d) AS d::TIMESTAMP + to_years(n::INTEGER)
  + CASE WHEN month(d::TIMESTAMP) = 2 AND day(d::TIMESTAMP) = 29
              AND day(d::TIMESTAMP + to_years(n::INTEGER)) = 28
         THEN INTERVAL 1 DAY ELSE INTERVAL 0 DAY END;
CREATE MACRO datediff(part, a, b, kind TIME) AS
  date_diff(part, DATE '2000-01-01' + a, DATE '2000-01-01' + b),
  (part, a, b, kind TIMESTAMPTZ) AS date_diff(part, a, b),
  (part, a, b, kind) AS date_diff(part, a::TIMESTAMP, b::TIMESTAMP);
CREATE MACRO date_trunc(part, x, kind INTERVAL) AS date_trunc(part, x),
  (part, x, kind TIMESTAMPTZ) AS date_trunc(part, x),
  (part, x, kind TIMESTAMP) AS date_trunc(part, x),
  (part, x, kind DATE) AS date_trunc(part, x::TIMESTAMP),
  (part, x, kind VARCHAR) AS date_trunc(part, civis_sql.timestamp_of_text(x)),
  (part, x, kind) AS date_trunc(part, x::TIMESTAMP);
CREATE MACRO date_trunc_pg(part, x, kind DATE) AS date_trunc(part, x::TIMESTAMP)::TIMESTAMPTZ,
  (part, x, kind INTERVAL) AS date_trunc(part, x), (part, x, kind TIMESTAMPTZ) AS date_trunc(part, x),
  (part, x, kind TIMESTAMP) AS date_trunc(part, x),
  (part, x, kind VARCHAR) AS civis_sql.date_trunc(part, x, kind), (part, x, kind) AS date_trunc(part, x::TIMESTAMP);
-- Years are counted from 1, and before it from -1: so are decades and longer ones.
CREATE MACRO years_since(first, n, x) AS CASE WHEN isinf(x) THEN x
  ELSE date_trunc('year', x) - to_years((((year(x) - first) % n + n) % n)::INTEGER) END;
CREATE MACRO trunc_years_pg(first, n, x, kind DATE) AS civis_sql.years_since(first, n, x::TIMESTAMP)::TIMESTAMPTZ,
  (first, n, x, kind TIMESTAMPTZ) AS civis_sql.years_since(first, n, x::TIMESTAMP)::TIMESTAMPTZ,
  (first, n, x, kind TIMESTAMP) AS civis_sql.years_since(first, n, x),
  (first, n, x, kind INTERVAL) AS to_years((year(x) // n * n)::INTEGER),
  (first, n, x, kind VARCHAR) AS civis_sql.years_since(first, n, civis_sql.timestamp_of_text(x)),
  (first, n, x, kind) AS civis_sql.years_since(first, n, x::TIMESTAMP);
CREATE MACRO trunc_years(first, n, x, kind TIMESTAMPTZ) AS civis_sql.years_since(first, n, x::TIMESTAMP)::TIMESTAMPTZ,
  (first, n, x, kind TIMESTAMP) AS civis_sql.years_since(first, n, x),
  (first, n, x, kind DATE) AS civis_sql.years_since(first, n, x::TIMESTAMP),
  (first, n, x, kind INTERVAL) AS to_years((year(x) // n * n)::INTEGER),
  (first, n, x, kind VARCHAR) AS civis_sql.years_since(first, n, civis_sql.timestamp_of_text(x)),
  (first, n, x, kind) AS civis_sql.years_since(first, n, x::TIMESTAMP);
-- The part differs from row to row, which only PostgreSQL allows.
CREATE MACRO trunc_moment(part, x) AS CASE WHEN part IN ('century', 'centuries', 'c', 'cent') THEN civis_sql.years_since(1, 100, x)
  WHEN part IN ('millennium', 'millennia', 'mil', 'mils') THEN civis_sql.years_since(1, 1000, x)
  WHEN part IN ('decade', 'decades', 'dec', 'decs') THEN civis_sql.years_since(0, 10, x) ELSE date_trunc(part, x) END;
CREATE MACRO date_trunc_by(part, x, kind TIMESTAMPTZ) AS civis_sql.trunc_moment(lower(part), x::TIMESTAMP)::TIMESTAMPTZ,
  (part, x, kind INTERVAL) AS date_trunc(lower(part), x),
  (part, x, kind TIMESTAMP) AS civis_sql.trunc_moment(lower(part), x),
  (part, x, kind DATE) AS civis_sql.trunc_moment(lower(part), x::TIMESTAMP)::TIMESTAMPTZ,
  (part, x, kind VARCHAR) AS civis_sql.trunc_moment(lower(part), civis_sql.timestamp_of_text(x));
CREATE MACRO part_of(part, x) AS CASE
  WHEN isinf(x) THEN CASE WHEN part IN ('year', 'decade', 'century', 'millennium', 'isoyear')
    THEN civis_sql.fail('the ' || part || ' of infinity is not supported: there is no integer for it')::BIGINT END
  WHEN part = 'year' AND year(x) <= 0 THEN year(x) - 1
  WHEN part = 'isoyear' AND isoyear(x) <= 0 THEN isoyear(x) - 1
  WHEN part = 'decade' AND year(x) <= 0 THEN (year(x) - 9) // 10
  ELSE date_part(part, x) END;
CREATE MACRO date_part(part, x, kind VARCHAR) AS civis_sql.part_of(part, civis_sql.timestamp_of_text(x)),
  (part, x, kind DATE) AS civis_sql.part_of(part, x), (part, x, kind TIMESTAMP) AS civis_sql.part_of(part, x),
  (part, x, kind TIMESTAMPTZ) AS civis_sql.part_of(part, x),
  (part, x, kind) AS date_part(part, x);
-- Redshift's documents: the years 1 to 9 are the decade 1, and 2000 to 2009 are 201.
CREATE MACRO counted_decade(n, kind INTERVAL) AS n, (n, kind DATE) AS n + 1, (n, kind TIMESTAMP) AS n + 1,
  (n, kind TIMESTAMPTZ) AS n + 1, (n, kind VARCHAR) AS n + 1, (n, kind) AS n;
CREATE MACRO days_part(part, x) AS CASE WHEN isinf(x) THEN CASE WHEN x > DATE '2000-01-01' THEN 'infinity'::DOUBLE ELSE '-infinity'::DOUBLE END
  ELSE date_part(part, x) END;
CREATE MACRO date_part_double(part, x, kind VARCHAR) AS civis_sql.days_part(part, civis_sql.timestamp_of_text(x)),
  (part, x, kind DATE) AS civis_sql.days_part(part, x), (part, x, kind TIMESTAMP) AS civis_sql.days_part(part, x),
  (part, x, kind TIMESTAMPTZ) AS civis_sql.days_part(part, x),
  (part, x, kind) AS date_part(part, x);
CREATE MACRO microseconds(x, kind VARCHAR) AS date_part('microseconds', civis_sql.timestamp_of_text(x)),
  (x, kind DATE) AS 0,
  (x, kind) AS date_part('microseconds', x);
CREATE MACRO date_part_year(d) AS year(civis_sql.moment(d));
CREATE MACRO last_day(d) AS last_day(civis_sql.moment(d));
CREATE MACRO next_day(d, weekday) AS civis_sql.moment(d)::DATE + CAST((
  (CASE lower(weekday)[1:2] WHEN 'su' THEN 7 WHEN 'mo' THEN 1 WHEN 'tu' THEN 2 WHEN 'we' THEN 3
        WHEN 'th' THEN 4 WHEN 'fr' THEN 5 WHEN 'sa' THEN 6
        ELSE civis_sql.fail('NEXT_DAY: ' || weekday || ' is not a day of the week') END)
  - isodow(civis_sql.moment(d)) + 6) % 7 + 1 AS INTEGER);
CREATE MACRO months_between(a, b) AS list_transform([{'a': civis_sql.moment(a), 'b': civis_sql.moment(b)}], lambda v:
  CASE WHEN day(v.a) = day(v.b) OR (last_day(v.a) = v.a::DATE AND last_day(v.b) = v.b::DATE)
       THEN ((year(v.a) - year(v.b)) * 12 + month(v.a) - month(v.b))::DOUBLE
       ELSE (year(v.a) - year(v.b)) * 12 + month(v.a) - month(v.b)
            + (epoch(v.a) - epoch(date_trunc('month', v.a)) - epoch(v.b) + epoch(date_trunc('month', v.b))) / 86400 / 31 END)[1];
CREATE MACRO compared(a, b) AS CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END;
CREATE MACRO bpcharcmp(s, t) AS civis_sql.compared(rtrim(s::VARCHAR, ' '), rtrim(t::VARCHAR, ' '));
CREATE MACRO bttext_pattern_cmp(s, t) AS civis_sql.bpcharcmp(s, t);
CREATE MACRO date_cmp(a, b) AS civis_sql.compared(civis_sql.moment(a)::DATE, civis_sql.moment(b)::DATE);
CREATE MACRO timestamp_cmp(a, b) AS civis_sql.compared(civis_sql.moment(a), civis_sql.moment(b));
CREATE MACRO date_cmp_timestamp(a, b) AS civis_sql.timestamp_cmp(civis_sql.moment(a)::DATE, b);
CREATE MACRO timestamp_cmp_date(a, b) AS civis_sql.timestamp_cmp(a, civis_sql.moment(b)::DATE);
CREATE MACRO timestamptz_cmp(a, b) AS civis_sql.compared(a::TIMESTAMPTZ, b::TIMESTAMPTZ);
CREATE MACRO date_cmp_timestamptz(a, b) AS civis_sql.timestamptz_cmp(civis_sql.moment(a)::DATE::TIMESTAMPTZ, b);
CREATE MACRO timestamptz_cmp_date(a, b) AS civis_sql.timestamptz_cmp(a, civis_sql.moment(b)::DATE::TIMESTAMPTZ);
CREATE MACRO timestamp_cmp_timestamptz(a, b) AS civis_sql.timestamptz_cmp(civis_sql.moment(a)::TIMESTAMPTZ, b);
CREATE MACRO timestamptz_cmp_timestamp(a, b) AS civis_sql.timestamptz_cmp(a, civis_sql.moment(b)::TIMESTAMPTZ);
CREATE MACRO pg_backend_pid() AS 0;
CREATE MACRO timeofday() AS strftime(timezone('UTC', now()), '%a %b %d %H:%M:%S.%f %Y UTC');
CREATE MACRO interval_cmp(a, b) AS civis_sql.compared(a::INTERVAL, b::INTERVAL);
CREATE MACRO convert_timezone(zone, t) AS timezone(zone, timezone('UTC', civis_sql.moment(t))),
  (source, target, t) AS timezone(target, timezone(source, civis_sql.moment(t)));
-- One part more or less of the unit below, so that both have the same sign.
CREATE MACRO carried(big, small, size) AS [big + trunc(small / size), small - trunc(small / size) * size];
CREATE MACRO same_sign(pair, size) AS CASE WHEN pair[1] > 0 AND pair[2] < 0 THEN [pair[1] - 1, pair[2] + size]
  WHEN pair[1] < 0 AND pair[2] > 0 THEN [pair[1] + 1, pair[2] - size] ELSE pair END;
CREATE MACRO justify_days(x) AS list_transform(
  [civis_sql.same_sign(civis_sql.carried(civis_sql.months_of(x), civis_sql.days_of(x), 30), 30)],
  lambda p: civis_sql.interval_of(p[1], p[2], civis_sql.clock_of(x)))[1];
CREATE MACRO justify_hours(x) AS list_transform(
  [civis_sql.same_sign(civis_sql.carried(civis_sql.days_of(x), civis_sql.clock_of(x), 86400000000), 86400000000)],
  lambda p: civis_sql.interval_of(civis_sql.months_of(x), p[1], p[2]))[1];
-- As PostgreSQL does it: days from the time, months from the days, and then one sign for all.
CREATE MACRO interval_parts(x) AS [civis_sql.months_of(x)::BIGINT, civis_sql.days_of(x)::BIGINT, civis_sql.clock_of(x)::BIGINT];
CREATE MACRO justify_months(p) AS CASE
  WHEN p[1] > 0 AND (p[2] < 0 OR (p[2] = 0 AND p[3] < 0)) THEN [p[1] - 1, p[2] + 30, p[3]]
  WHEN p[1] < 0 AND (p[2] > 0 OR (p[2] = 0 AND p[3] > 0)) THEN [p[1] + 1, p[2] - 30, p[3]] ELSE p END;
CREATE MACRO justify_clock(p) AS CASE WHEN p[2] > 0 AND p[3] < 0 THEN [p[1], p[2] - 1, p[3] + 86400000000]
  WHEN p[2] < 0 AND p[3] > 0 THEN [p[1], p[2] + 1, p[3] - 86400000000] ELSE p END;
CREATE MACRO justify_interval(x) AS list_transform(list_transform(list_transform(list_transform([civis_sql.interval_parts(x)],
    lambda p: [p[1], p[2] + trunc(p[3] / 86400000000)::BIGINT, p[3] - trunc(p[3] / 86400000000)::BIGINT * 86400000000]),
    lambda p: [p[1] + trunc(p[2] / 30)::BIGINT, p[2] - trunc(p[2] / 30)::BIGINT * 30, p[3]]),
    lambda p: civis_sql.justify_months(p)),
  lambda p: civis_sql.interval_of(civis_sql.justify_clock(p)[1], civis_sql.justify_clock(p)[2], civis_sql.justify_clock(p)[3]))[1];
CREATE MACRO integer_beside(n, kind SMALLINT) AS n::INTEGER, (n, kind) AS n;
CREATE MACRO series_kind(a DATE) AS a::TIMESTAMP, (a TIMESTAMP) AS a, (a TIMESTAMPTZ) AS a,
  (a) AS CAST(NULL AS BIGINT);
CREATE MACRO plus(a, b, first DATE, second BIGINT) AS a + b::INTEGER,
  (a, b, first DATE, second DECIMAL) AS civis_sql.fail_text('operator does not exist: date + numeric')::DATE,
  (a, b, first DATE, second DOUBLE) AS civis_sql.fail_text('operator does not exist: date + double precision')::DATE,
  (a, b, first BIGINT, second DATE) AS b + a::INTEGER,
  (a, b, first TIMESTAMP, second BIGINT) AS a + to_days(b::INTEGER),
  (a, b, first TIMESTAMPTZ, second BIGINT) AS a + to_days(b::INTEGER),
  (a, b, first TIMESTAMPTZ, second INTERVAL) AS a + to_months((date_part('year', b) * 12 + date_part('month', b))::INTEGER)
    + (b - to_months((date_part('year', b) * 12 + date_part('month', b))::INTEGER)),
  (a, b, first TIMESTAMP, second INTERVAL) AS a + b, (a, b, first DATE, second INTERVAL) AS a + b,
  (a, b, first TIMESTAMP, second DOUBLE) AS a + to_microseconds((b * 86400000000)::BIGINT),
  (a, b, first TIMESTAMP, second VARCHAR) AS a + b::INTERVAL,
  (a, b, first TIMESTAMPTZ, second VARCHAR) AS a + b::INTERVAL,
  (a, b, first INTERVAL, second VARCHAR) AS a + b::INTERVAL,
  (a, b, first BIGINT, second VARCHAR) AS a + cast_to_type(civis_sql.integer_of_text(b), a),
  (a, b, first VARCHAR, second INTERVAL) AS a::INTERVAL + b,
  (a, b, first VARCHAR, second TIMESTAMP) AS a::INTERVAL + b,
  (a, b, first VARCHAR, second TIMESTAMPTZ) AS a::INTERVAL + b,
  (a, b, first VARCHAR, second BIGINT) AS cast_to_type(civis_sql.integer_of_text(a), b) + b,
  (a, b, first, second) AS a + b;
-- Redshift joins texts with + as well.
CREATE MACRO plus_rs(a, b, first VARCHAR, second VARCHAR) AS a || b,
  (a, b, first DATE, second BIGINT) AS civis_sql.plus(a, b, first, second), (a, b, first DATE, second DECIMAL) AS civis_sql.plus(a, b, first, second),
  (a, b, first DATE, second DOUBLE) AS civis_sql.plus(a, b, first, second), (a, b, first BIGINT, second DATE) AS civis_sql.plus(a, b, first, second),
  (a, b, first TIMESTAMP, second BIGINT) AS civis_sql.plus(a, b, first, second), (a, b, first TIMESTAMPTZ, second BIGINT) AS civis_sql.plus(a, b, first, second),
  (a, b, first TIMESTAMPTZ, second INTERVAL) AS civis_sql.plus(a, b, first, second), (a, b, first TIMESTAMP, second INTERVAL) AS civis_sql.plus(a, b, first, second),
  (a, b, first DATE, second INTERVAL) AS civis_sql.plus(a, b, first, second), (a, b, first TIMESTAMP, second DOUBLE) AS civis_sql.plus(a, b, first, second),
  (a, b, first TIMESTAMP, second VARCHAR) AS civis_sql.plus(a, b, first, second), (a, b, first TIMESTAMPTZ, second VARCHAR) AS civis_sql.plus(a, b, first, second),
  (a, b, first INTERVAL, second VARCHAR) AS civis_sql.plus(a, b, first, second), (a, b, first BIGINT, second VARCHAR) AS civis_sql.plus(a, b, first, second),
  (a, b, first VARCHAR, second INTERVAL) AS civis_sql.plus(a, b, first, second), (a, b, first VARCHAR, second TIMESTAMP) AS civis_sql.plus(a, b, first, second),
  (a, b, first VARCHAR, second TIMESTAMPTZ) AS civis_sql.plus(a, b, first, second), (a, b, first VARCHAR, second BIGINT) AS civis_sql.plus(a, b, first, second),
  (a, b, first, second) AS a + b;
CREATE MACRO minus(a, b, first DATE, second BIGINT) AS a - b::INTEGER,
  (a, b, first DATE, second DATE) AS (a - b)::INTEGER,
  (a, b, first TIMESTAMP, second BIGINT) AS a - to_days(b::INTEGER),
  (a, b, first TIMESTAMPTZ, second BIGINT) AS a - to_days(b::INTEGER),
  (a, b, first TIMESTAMPTZ, second INTERVAL) AS a - to_months((date_part('year', b) * 12 + date_part('month', b))::INTEGER)
    - (b - to_months((date_part('year', b) * 12 + date_part('month', b))::INTEGER)),
  (a, b, first TIMESTAMP, second INTERVAL) AS a - b, (a, b, first DATE, second INTERVAL) AS a - b,
  (a, b, first TIMESTAMP, second DOUBLE) AS a - to_microseconds((b * 86400000000)::BIGINT),
  (a, b, first TIMESTAMP, second VARCHAR) AS a - civis_sql.timestamp_of_text(b),
  (a, b, first TIMESTAMPTZ, second VARCHAR) AS a - b::TIMESTAMPTZ,
  (a, b, first DATE, second VARCHAR) AS (a - civis_sql.date_of_text(b)::DATE)::INTEGER,
  (a, b, first INTERVAL, second VARCHAR) AS a - b::INTERVAL,
  (a, b, first BIGINT, second VARCHAR) AS a - cast_to_type(civis_sql.integer_of_text(b), a),
  (a, b, first VARCHAR, second INTERVAL) AS a::INTERVAL - b,
  (a, b, first VARCHAR, second TIMESTAMP) AS civis_sql.timestamp_of_text(a) - b,
  (a, b, first VARCHAR, second TIMESTAMPTZ) AS a::TIMESTAMPTZ - b,
  (a, b, first VARCHAR, second DATE) AS civis_sql.date_of_text(a)::DATE - b,
  (a, b, first VARCHAR, second BIGINT) AS cast_to_type(civis_sql.integer_of_text(a), b) - b,
  (a, b, first TIME, second TIME) AS (DATE '2000-01-01' + a) - (DATE '2000-01-01' + b),
  (a, b, first DATE, second DECIMAL) AS civis_sql.fail_text('operator does not exist: date - numeric')::DATE,
  (a, b, first DATE, second DOUBLE) AS civis_sql.fail_text('operator does not exist: date - double precision')::DATE,
  (a, b, first, second) AS a - b;

-- TO_CHAR, TO_DATE, TO_NUMBER: "usual" is the text in SQL, null where the format is not usual --------
CREATE MACRO time_or_null(x, kind DATE) AS x::TIMESTAMP, (x, kind TIMESTAMP) AS x,
  (x, kind TIMESTAMPTZ) AS x, (x, kind) AS NULL::TIMESTAMP;
CREATE MACRO time_text(usual, x, format, has_zone) AS CASE WHEN format <> '' THEN
  coalesce(CASE WHEN x >= TIMESTAMP '0001-01-01' THEN usual END,
           civis_sql_text_of_time(CASE WHEN isfinite(x) THEN epoch_us(x) END, has_zone, format)) END;
CREATE MACRO interval_text(x, format) AS civis_sql_text_of_interval(
  date_part('year', x) * 12 + date_part('month', x), date_part('day', x),
  date_part('hour', x) * 3600000000 + date_part('minute', x) * 60000000 + date_part('microseconds', x),
  nullif(format, ''));
CREATE MACRO number_text(x, format) AS civis_sql_text_of_number(x::VARCHAR, 0, format);
CREATE MACRO to_char(usual, x, format, kind DATE) AS civis_sql.time_text(usual, x::TIMESTAMP, format, true),
  (usual, x, format, kind TIMESTAMP) AS civis_sql.time_text(usual, x, format, false),
  (usual, x, format, kind TIMESTAMPTZ) AS civis_sql.time_text(usual, timezone('UTC', x), format, true),
  (usual, x, format, kind TIME) AS civis_sql.interval_text((DATE '2000-01-01' + x) - TIMESTAMP '2000-01-01 00:00:00', format),
  (usual, x, format, kind INTERVAL) AS civis_sql.interval_text(x, format),
  (usual, x, format, kind BIGINT) AS civis_sql.number_text(x, format),
  (usual, x, format, kind HUGEINT) AS civis_sql.number_text(x, format),
  (usual, x, format, kind DECIMAL) AS civis_sql.number_text(x, format),
  (usual, x, format, kind DOUBLE) AS civis_sql_text_of_number(x::VARCHAR, 15, format),
  (usual, x, format, kind FLOAT) AS civis_sql_text_of_number(x::VARCHAR, 6, format),
  (usual, x, format, kind VARCHAR) AS civis_sql.fail_text('TO_CHAR of a text: cast it to a number, date or time before'),
  (usual, x, format, kind) AS civis_sql.number_text(x, format);
CREATE MACRO time_of_text(x, format, overflows) AS
  make_timestamp(civis_sql_time_of_text(x::VARCHAR, format, overflows));
CREATE MACRO time_of_usual_text(x, codes, format, overflows) AS
  coalesce(try_strptime(x::VARCHAR, codes), civis_sql.time_of_text(x, format, overflows));
CREATE MACRO to_number(s, format) AS civis_sql_number_of_text(s::VARCHAR, format);

-- JSON -----------------------------------------------------------------------------------------
-- DuckDB takes commas before brackets, NaN and Infinity, which are no JSON.
CREATE MACRO is_valid_json(j) AS json_valid(j) AND NOT regexp_matches(
  regexp_replace(j::VARCHAR, '"([^"\\]|\\.)*"', '""', 'gs'), ',\s*[\]}]|[nN]a[nN]|[iI]nf');
CREATE MACRO is_valid_json_array(j) AS
  coalesce(civis_sql.is_valid_json(j) AND json_type(CASE WHEN civis_sql.is_valid_json(j) THEN j END) = 'ARRAY', CASE WHEN j IS NOT NULL THEN false END);
CREATE MACRO strict_json(j) AS CASE WHEN j IS NULL OR civis_sql.is_valid_json(j) THEN j
  ELSE civis_sql.fail_text('invalid json: ' || j) END;
CREATE MACRO strict_array(j) AS CASE WHEN j IS NULL OR coalesce(civis_sql.is_valid_json_array(j), false) THEN j
  ELSE civis_sql.fail_text('invalid json array object ' || j) END;
-- DuckDB makes doubles of the numbers that it takes out of JSON, unless they are short integers: 1.50 is 1.5
-- then. Where it matters they are texts with a mark meanwhile, which a number has not.
CREATE MACRO loses_digits(j) AS regexp_matches(j, '\.\d*0(?:\D|$)|\.\d{11}|\d{6}\.\d{6}|\d{11}\.\d|\d{19}|\d[eE][+-]?\d|-0(?:\D|$)');
CREATE MACRO with_marks(j) AS array_to_string(list_transform(regexp_extract_all(j, '"(?:\\.|[^"\\])*"|[^"]+'),
  lambda p: CASE WHEN p[1] = '"' THEN p ELSE regexp_replace(p, '-?\d[0-9.eE+-]*', '"' || chr(57344) || '\0"', 'g') END), '');
CREATE MACRO without_marks(t) AS regexp_replace(t, '"' || chr(57344) || '([^"]*)"', '\1', 'g');
CREATE MACRO json_part(j, path) AS list_transform([j], lambda v: CASE WHEN civis_sql.loses_digits(v::VARCHAR)
  THEN civis_sql.without_marks(json_extract(civis_sql.with_marks(v::VARCHAR), path)::VARCHAR)::JSON ELSE json_extract(v, path) END)[1];
CREATE MACRO json_part_text(j, path) AS list_transform([j], lambda v: CASE WHEN civis_sql.loses_digits(v::VARCHAR)
  THEN ltrim(civis_sql.without_marks(json_extract_string(civis_sql.with_marks(v::VARCHAR), path)), chr(57344)) ELSE json_extract_string(v, path) END)[1];
CREATE MACRO json_parts(j) AS CASE WHEN civis_sql.loses_digits(j::VARCHAR)
  THEN list_transform(json_extract(civis_sql.with_marks(j::VARCHAR), '$[*]')::JSON[], lambda e: civis_sql.without_marks(e::VARCHAR)::JSON)
  ELSE json_extract(j, '$[*]') END;
-- As jsonb is written.
CREATE MACRO with_blanks(t) AS list_transform([t], lambda v: CASE WHEN regexp_matches(v, '^[{\[]') THEN array_to_string(list_transform(
  regexp_extract_all(v, '"(?:\\.|[^"\\])*"|[^"]+'), lambda p: CASE WHEN p[1] = '"' THEN p ELSE regexp_replace(p, '([,:])\s*', '\1 ', 'g') END), '') ELSE v END)[1];
CREATE MACRO jsonb_part(j, path) AS civis_sql.with_blanks(civis_sql.json_part(j, path)::VARCHAR)::JSON;
CREATE MACRO jsonb_part_text(j, path) AS list_transform([j], lambda v: CASE WHEN regexp_matches(json_extract(v, path)::VARCHAR, '^[{\[]')
  THEN civis_sql.jsonb_part(v, path)::VARCHAR ELSE civis_sql.json_part_text(v, path) END)[1];
-- The step of a path: a key, or the number of an element, from -1 backwards.
CREATE MACRO json_step(k VARCHAR) AS '$."' || replace(replace(k, '\', '\\'), '"', '\"') || '"',
  (n BIGINT) AS CASE WHEN n < 0 THEN '$[#' || n || ']' ELSE '$[' || n || ']' END;
-- What is not there is NULL. These calls are often in each other: what stands for JSON is bound once.
CREATE MACRO json_path_text_rs(j, path) AS
  list_transform(list_transform([j], lambda v: civis_sql.strict_json(v)), lambda v: civis_sql.json_part_text(v, path))[1];
CREATE MACRO json_path_text_null(j, path) AS
  list_transform([j], lambda v: CASE WHEN civis_sql.is_valid_json(v) THEN civis_sql.json_part_text(v, path) END)[1];
CREATE MACRO json_element(j, n) AS CASE WHEN n >= 0 THEN civis_sql.json_part_text(j, '$[' || n || ']') END;
CREATE MACRO json_extract_array_element_text(j, n) AS
  list_transform(list_transform([j], lambda v: civis_sql.strict_array(v)), lambda v: civis_sql.json_element(v, n))[1],
  (j, n, null_if_invalid) AS list_transform([j], lambda v: CASE WHEN null_if_invalid AND NOT civis_sql.is_valid_json_array(v)
    THEN NULL ELSE civis_sql.json_element(civis_sql.strict_array(v), n) END)[1];
CREATE MACRO json_array_length_rs(j) AS json_array_length(civis_sql.strict_array(j)),
  (j, null_if_invalid) AS list_transform([j], lambda v: CASE WHEN null_if_invalid AND NOT civis_sql.is_valid_json_array(v) THEN NULL
    ELSE json_array_length(civis_sql.strict_array(v)) END)[1];
-- Without the blanks around values; a text of JSON keeps its own.
CREATE MACRO json_parse(j) AS CAST(regexp_replace(j, '("(?:\\.|[^"\\])*")|\s+', '\1', 'g') AS JSON);
CREATE MACRO can_json_parse(j) AS civis_sql.is_valid_json(j);
CREATE MACRO json_serialize(j) AS CAST(j AS VARCHAR);
CREATE MACRO json_typeof(j) AS
  CASE json_type(j) WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' WHEN 'VARCHAR' THEN 'string'
       WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'
       ELSE CASE WHEN j IS NOT NULL THEN 'number' END END;
CREATE MACRO is_array(j) AS json_type(j) = 'ARRAY';
CREATE MACRO is_object(j) AS json_type(j) = 'OBJECT';
CREATE MACRO get_array_length(j) AS json_array_length(to_json(j));
-- Of what is no array, only NULL has no elements.
CREATE MACRO elements_of(j) AS list_transform([j::JSON], lambda v: CASE WHEN json_type(v) = 'ARRAY' THEN v::JSON[]
  WHEN v IS NOT NULL AND json_type(v) <> 'NULL' THEN [civis_sql.fail_text('only arrays of the type SUPER can stand in FROM: ' || v::VARCHAR)::JSON] END)[1];
CREATE MACRO split_to_array(s) AS to_json(string_split(s, ',')), (s, d) AS to_json(string_split(s, d));
CREATE MACRO json_as_text(e) AS CASE WHEN e[1] = '"' THEN json_extract_string(e, '$') WHEN e <> 'null' THEN e END;
-- Steps that are numbers are elements of an array or keys of an object, which the value decides.
CREATE MACRO has_number(path) AS path = '{}' OR regexp_matches(path, '[{,]\s*-?\d');
CREATE MACRO json_path_of(path) AS '$' || array_to_string(list_transform(string_split(trim(path, '{}'), ','),
  lambda k: '."' || trim(trim(k), '"') || '"'), '');
CREATE MACRO json_path_list(j, path) AS CASE WHEN civis_sql.has_number(path)
  THEN civis_sql.json_as_text(nullif(civis_sql_json_at(j::VARCHAR, path), ''))
  ELSE civis_sql.jsonb_part_text(j, civis_sql.json_path_of(path)) END;
CREATE MACRO json_path_list_json(j, path) AS CASE WHEN civis_sql.has_number(path) THEN nullif(civis_sql_json_at(j::VARCHAR, path), '')
  ELSE civis_sql.jsonb_part(j, civis_sql.json_path_of(path))::VARCHAR END::JSON;
CREATE MACRO as_jsonb(x, kind VARCHAR) AS civis_sql_jsonb_text(x)::JSON,
  (x, kind JSON) AS civis_sql_jsonb_text(x::VARCHAR)::JSON, (x, kind) AS civis_sql_jsonb_text(to_json(x)::VARCHAR)::JSON;
CREATE MACRO assigned_jsonb(x) AS civis_sql_jsonb_text(x::VARCHAR)::JSON;
CREATE MACRO jsonb_key(j) AS civis_sql_jsonb_key(j::VARCHAR);
CREATE MACRO sort_key(x, kind VARCHAR) AS CASE WHEN typeof(x) = 'JSON' THEN civis_sql.jsonb_key(x) ELSE x::VARCHAR END, (x, kind) AS x;
CREATE MACRO json_steps(path) AS CASE WHEN ends_with(typeof(path), '[]')
  THEN '{' || array_to_string(TRY_CAST(path AS VARCHAR[]), ',') || '}' ELSE path::VARCHAR END;
CREATE MACRO jsonb_set(j, path, x) AS civis_sql_jsonb_set(j::VARCHAR, civis_sql.json_steps(path), x::VARCHAR, true)::JSON,
  (j, path, x, missing) AS civis_sql_jsonb_set(j::VARCHAR, civis_sql.json_steps(path), x::VARCHAR, missing)::JSON;
CREATE MACRO jsonb_insert(j, path, x) AS civis_sql_jsonb_insert(j::VARCHAR, civis_sql.json_steps(path), x::VARCHAR, false)::JSON,
  (j, path, x, is_behind) AS civis_sql_jsonb_insert(j::VARCHAR, civis_sql.json_steps(path), x::VARCHAR, is_behind)::JSON;
CREATE MACRO jsonb_pretty(j) AS civis_sql_jsonb_indented(j::VARCHAR);
CREATE MACRO jsonb_strip_nulls(j) AS civis_sql_jsonb_text(json_strip_nulls(j::JSON)::VARCHAR)::JSON;
CREATE MACRO only_json(x) AS CASE WHEN typeof(x) IN ('JSON', '"NULL"') THEN x
  ELSE cast_to_type(civis_sql.fail_text('the operator is one of jsonb: write x::jsonb, or ARRAY[…] beside an array'), x) END;
-- The keys of an object, the texts of an array.
CREATE MACRO json_names(j) AS CASE json_type(j) WHEN 'OBJECT' THEN json_keys(j)
  WHEN 'ARRAY' THEN list_transform(json_extract(j::JSON, '$[*]')::JSON[], lambda e: CASE WHEN json_type(e) = 'VARCHAR' THEN json_extract_string(e, '$') END)
  ELSE CASE WHEN j IS NOT NULL THEN [CASE WHEN json_type(j) = 'VARCHAR' THEN json_extract_string(j, '$') END] END END;
CREATE MACRO json_has_key(j, key) AS CASE WHEN key IS NOT NULL THEN list_contains(civis_sql.json_names(civis_sql.only_json(j)), key) END;
CREATE MACRO json_has_any(j, keys) AS list_has_any(civis_sql.json_names(civis_sql.only_json(j)), list_filter(keys::VARCHAR[], lambda k: k IS NOT NULL));
CREATE MACRO json_has_all(j, keys) AS list_has_all(civis_sql.json_names(civis_sql.only_json(j)), list_filter(keys::VARCHAR[], lambda k: k IS NOT NULL));
CREATE MACRO json_contains(j, other) AS civis_sql_jsonb_contains(j::VARCHAR, other::VARCHAR);
CREATE MACRO contains(a, b) AS CASE WHEN typeof(a) = 'JSON' THEN civis_sql_jsonb_contains(a::VARCHAR, b::VARCHAR)
  ELSE list_has_all(a::VARCHAR[], b::VARCHAR[]) END;
CREATE MACRO json_without(j, n BIGINT) AS civis_sql_jsonb_without_element(civis_sql.only_json(j)::VARCHAR, n::INTEGER)::JSON,
  (j, key VARCHAR) AS civis_sql_jsonb_without(civis_sql.only_json(j)::VARCHAR, [key])::JSON,
  (j, keys VARCHAR[]) AS civis_sql_jsonb_without(civis_sql.only_json(j)::VARCHAR, keys)::JSON;
CREATE MACRO json_cut(j, path) AS civis_sql_jsonb_cut(civis_sql.only_json(j)::VARCHAR, path)::JSON;
-- An array and an element are joined as arrays.
CREATE MACRO as_list(x, kind VARCHAR) AS [x], (x, kind BIGINT) AS [x], (x, kind HUGEINT) AS [x], (x, kind DOUBLE) AS [x],
  (x, kind FLOAT) AS [x], (x, kind DECIMAL) AS [x], (x, kind DATE) AS [x], (x, kind TIMESTAMP) AS [x],
  (x, kind TIMESTAMPTZ) AS [x], (x, kind TIME) AS [x], (x, kind INTERVAL) AS [x], (x, kind BOOLEAN) AS [x],
  (x, kind UUID) AS [x], (x, kind BLOB) AS [x], (x, kind) AS x;
CREATE MACRO arrays_joined(a, b) AS CASE WHEN a IS NOT NULL OR b IS NOT NULL THEN list_concat(a, b) END;
CREATE MACRO one_array(x, one, two) AS CASE WHEN typeof(one) LIKE '%]' OR typeof(two) LIKE '%]' THEN x
  ELSE cast_to_type(civis_sql.fail_text('only arrays and texts are joined by ||: cast the operands'), x) END;
CREATE MACRO starts_with(s, prefix) AS starts_with(s, prefix);
CREATE MACRO json_joined(a, b) AS civis_sql_jsonb_joined(a::VARCHAR, b::VARCHAR)::JSON;
-- A text of JSON is one beside JSON alone.
CREATE MACRO json_beside(j, x) AS CASE WHEN typeof(x) IN ('JSON', '"NULL"') THEN j::VARCHAR
  ELSE civis_sql.fail_text('a text of JSON stands beside a value of the type ' || typeof(x) || ', which is neither text nor jsonb: cast one of them') END;
CREATE MACRO joined_with_json(a, b, one, other, x, kind VARCHAR) AS one || other,
  (a, b, one, other, x, kind JSON) AS civis_sql.json_joined(civis_sql.json_beside(a, x), civis_sql.json_beside(b, x));
CREATE MACRO compared_json(x, kind VARCHAR) AS x, (x, kind JSON) AS civis_sql_jsonb_text(x::VARCHAR)::JSON;
CREATE MACRO beside_json(j, written, x, kind VARCHAR) AS written, (j, written, x, kind JSON) AS civis_sql.json_beside(j, x)::JSON;
-- Times in JSON, as in ISO 8601.
CREATE MACRO iso_time(x) AS strftime(x, '%Y-%m-%dT%H:%M:%S') || CASE WHEN microsecond(x) % 1000000 = 0 THEN ''
  ELSE rtrim(strftime(x, '.%f'), '0') END;
-- DuckDB makes doubles of decimals, which have fewer digits. Those of a numeric without a scale are not
-- known: it has none that count for nothing.
CREATE MACRO decimal_in_json(x) AS CASE WHEN regexp_full_match(typeof(x), 'DECIMAL\(38,[123]\d\)')
  THEN regexp_replace(x::VARCHAR, '\.?0+$', '') ELSE regexp_replace(x::VARCHAR, '^(-?)\.', '\10.') END;
CREATE MACRO json_text(x, kind TIMESTAMP) AS to_json(CASE WHEN isfinite(x) THEN civis_sql.iso_time(x) ELSE x::VARCHAR END)::VARCHAR,
  (x, kind TIMESTAMPTZ) AS to_json(CASE WHEN isfinite(x) THEN civis_sql.iso_time(timezone('UTC', x)) || '+00:00' ELSE x::VARCHAR END)::VARCHAR,
  (x, kind DATE) AS to_json(x)::VARCHAR, (x, kind BIGINT) AS to_json(x)::VARCHAR,
  (x, kind VARCHAR) AS CASE typeof(kind) WHEN 'JSON' THEN x::VARCHAR ELSE to_json(x)::VARCHAR END,
  (x, kind DOUBLE) AS CASE WHEN isfinite(x) THEN civis_sql.as_text(x, kind) ELSE to_json(civis_sql.as_text(x, kind))::VARCHAR END,
  (x, kind FLOAT) AS CASE WHEN isfinite(x) THEN civis_sql.as_text(x, kind) ELSE to_json(civis_sql.as_text(x, kind))::VARCHAR END,
  (x, kind DECIMAL) AS civis_sql.decimal_in_json(x), (x, kind HUGEINT) AS x::VARCHAR,
  (x, kind) AS CASE WHEN contains(typeof(x), 'TIMESTAMP')
    THEN civis_sql.fail_text('JSON of rows and arrays with timestamps is not supported: cast them to text') ELSE to_json(x)::VARCHAR END;
CREATE MACRO json_name(x) AS to_json(x::VARCHAR)::VARCHAR;
CREATE MACRO json_build_array(texts) AS '[' || array_to_string(texts, ', ') || ']';
CREATE MACRO json_agg(texts) AS '[' || array_to_string(texts, ', ') || ']';
CREATE MACRO json_object_of(texts) AS CASE WHEN len(texts) > list_count(texts)
  THEN civis_sql.fail_text('field name must not be null') ELSE array_to_string(texts, ', ') END;
CREATE MACRO json_build_object(texts) AS '{' || civis_sql.json_object_of(texts) || '}';
CREATE MACRO json_object_rows(texts) AS '{ ' || civis_sql.json_object_of(texts) || ' }';
CREATE MACRO made_json(t) AS t::JSON;
CREATE MACRO made_jsonb(t) AS CASE WHEN t IS NOT NULL THEN civis_sql_jsonb_text(t)::JSON END;
-- What is no array has no elements, and what is no object no keys: errors.
CREATE MACRO json_named(j) AS CASE json_type(j) WHEN 'OBJECT' THEN 'an object' WHEN 'ARRAY' THEN 'an array' ELSE 'a scalar' END;
CREATE MACRO array_of(j) AS CASE WHEN j IS NULL OR json_type(j) = 'ARRAY' THEN j
  ELSE civis_sql.fail_text('cannot extract elements from ' || civis_sql.json_named(j))::JSON END;
CREATE MACRO object_of(j) AS CASE WHEN j IS NULL OR json_type(j) = 'OBJECT' THEN j
  ELSE civis_sql.fail_text('cannot take keys of ' || civis_sql.json_named(j) || ': only objects have them')::JSON END;
CREATE MACRO json_length(j) AS json_array_length(CASE WHEN j IS NULL OR json_type(j::JSON) = 'ARRAY' THEN j::JSON
  ELSE civis_sql.fail_text('cannot get array length of a ' || CASE json_type(j::JSON) WHEN 'OBJECT' THEN 'non-array' ELSE 'scalar' END)::JSON END);
-- jsonb has its keys in the order of their lengths.
CREATE MACRO jsonb_keys(j) AS list_transform(list_sort(list_transform(json_keys(civis_sql.object_of(j)),
  lambda k: {'size': strlen(k), 'name': k})), lambda s: s.name);
CREATE MACRO json_elements(j) AS civis_sql.json_parts(civis_sql.array_of(j::JSON)::JSON)::JSON[];
CREATE MACRO jsonb_elements(j) AS list_transform(civis_sql.json_elements(j)::JSON[], lambda e: civis_sql.with_blanks(e::VARCHAR)::JSON);
CREATE MACRO json_element_texts(j) AS list_transform(civis_sql.jsonb_elements(j), lambda e: civis_sql.json_as_text(e::VARCHAR));
CREATE MACRO json_array_elements_text(j) AS TABLE SELECT unnest(civis_sql.json_element_texts(j)) AS value;
CREATE MACRO json_array_elements(j) AS TABLE SELECT unnest(civis_sql.json_elements(j)) AS value;
CREATE MACRO jsonb_array_elements(j) AS TABLE SELECT unnest(civis_sql.jsonb_elements(j)) AS value;
CREATE MACRO json_each_text(j) AS TABLE SELECT key, civis_sql.jsonb_part_text(j::JSON, civis_sql.json_step(key)) AS value
  FROM (SELECT unnest(json_keys(civis_sql.object_of(j::JSON))) AS key) AS keys;
CREATE MACRO json_each(j) AS TABLE SELECT key, civis_sql.json_part(j::JSON, civis_sql.json_step(key)) AS value
  FROM (SELECT unnest(json_keys(civis_sql.object_of(j::JSON))) AS key) AS keys;
CREATE MACRO jsonb_each_text(j) AS TABLE SELECT key, civis_sql.jsonb_part_text(j::JSON, civis_sql.json_step(key)) AS value
  FROM (SELECT unnest(civis_sql.jsonb_keys(j::JSON)) AS key) AS keys;
CREATE MACRO jsonb_each(j) AS TABLE SELECT key, civis_sql.jsonb_part(j::JSON, civis_sql.json_step(key)) AS value
  FROM (SELECT unnest(civis_sql.jsonb_keys(j::JSON)) AS key) AS keys;
CREATE MACRO json_object_keys(j) AS TABLE SELECT unnest(json_keys(civis_sql.object_of(j::JSON))) AS json_object_keys;
CREATE MACRO jsonb_object_keys(j) AS TABLE SELECT unnest(civis_sql.jsonb_keys(j::JSON)) AS json_object_keys;
