-- Quotients, averages, products and powers of decimals, digit by digit: DuckDB makes doubles of them.
-- "kind" chooses, and is of the type of both sides together.

-- Redshift: the scale follows from the types, which "decimals.py" needs to know: the first attempt
-- at a statement fails with them, and the second has the numbers that follow from them.
CREATE MACRO decimal_types(id, one, two) AS round(NULL::DECIMAL(38, 37),
  CAST('civis_sql: decimals ' || id || ' ' || one || ' ' || two AS INTEGER));
CREATE MACRO div_rs(a, b, id, kind BIGINT) AS a // b, (a, b, id, kind HUGEINT) AS a // b,
  (a, b, id, kind DECIMAL) AS civis_sql.decimal_types(id, typeof(a), typeof(b)),
  (a, b, id, kind DOUBLE) AS a // b, (a, b, id, kind INTERVAL) AS a / b, (a, b, id, kind) AS a // b;
CREATE MACRO finite_mean(mean, least, most) AS CASE WHEN isinf(mean) AND isfinite(least) AND isfinite(most)
  THEN civis_sql.fail('value out of range: overflow') ELSE mean END;
CREATE MACRO averaged_rs(mean, total, count, least, most, id, kind BIGINT) AS (total // count)::BIGINT,
  (mean, total, count, least, most, id, kind HUGEINT) AS (total // count)::DECIMAL(38, 0),
  (mean, total, count, least, most, id, kind DECIMAL) AS civis_sql.decimal_types(id, typeof(total), 'MEAN'),
  (mean, total, count, least, most, id, kind DOUBLE) AS civis_sql.finite_mean(mean, least, most), (mean, total, count, least, most, id, kind INTERVAL) AS mean,
  (mean, total, count, least, most, id, kind TIMESTAMP) AS civis_sql.fail('there is no mean of dates and times: take that of their differences'), (mean, total, count, least, most, id, kind) AS mean;
-- Where there are more, one binding notes the types of all: each quotient has its type there already.
CREATE MACRO noted_types(id, one, two) AS
  round(NULL::DECIMAL(38, 38), civis_sql_note_quotient(id::BIGINT, one || '', two || ''));
CREATE MACRO div_noted(a, b, id, kind BIGINT) AS a // b, (a, b, id, kind HUGEINT) AS a // b,
  (a, b, id, kind DECIMAL) AS civis_sql.noted_types(id, typeof(a), typeof(b)),
  (a, b, id, kind DOUBLE) AS a // b, (a, b, id, kind INTERVAL) AS a / b, (a, b, id, kind) AS a // b;
CREATE MACRO averaged_noted(mean, total, count, least, most, id, kind BIGINT) AS (total // count)::BIGINT,
  (mean, total, count, least, most, id, kind HUGEINT) AS (total // count)::DECIMAL(38, 0),
  (mean, total, count, least, most, id, kind DECIMAL) AS civis_sql.noted_types(id, typeof(total), 'MEAN'),
  (mean, total, count, least, most, id, kind DOUBLE) AS civis_sql.finite_mean(mean, least, most), (mean, total, count, least, most, id, kind INTERVAL) AS mean,
  (mean, total, count, least, most, id, kind TIMESTAMP) AS civis_sql.fail('there is no mean of dates and times: take that of their differences'), (mean, total, count, least, most, id, kind) AS mean;
-- The nearest number with "scale" digits behind the point, halves away from zero. A decimal is the
-- integer of all its digits: "factor" makes the first one so much longer that their quotient has one
-- digit more than the result, of which "unit" makes a decimal again. Of a mean there is no digit more,
-- and the others are cut off.
CREATE MACRO nearest_quotient(a, b, factor, unit, scale) AS round((replace(a::VARCHAR, '.', '')::HUGEINT
  * factor // replace(b::VARCHAR, '.', '')::HUGEINT)::DECIMAL(38, 0) * unit, scale);
-- The types "one" and "two" are those that the digits follow from: the columns of a view's tables may
-- have others by now.
CREATE MACRO kept_quotient(a, b, one, two, factor, unit, scale) AS CASE WHEN typeof(a) = one AND typeof(b) = two
  THEN civis_sql.nearest_quotient(a, b, factor, unit, scale)
  ELSE civis_sql.fail('the types of a quotient are no longer ' || one || ' and ' || two || ': create the view again') END;

-- PostgreSQL: the digits follow from the values.
CREATE MACRO div(a, b, kind BIGINT) AS a // b, (a, b, kind HUGEINT) AS a // b,
  (a, b, kind DECIMAL) AS civis_sql_quotient_of_decimals(a::VARCHAR, b::VARCHAR)::DECIMAL(38, 24),
  (a, b, kind DOUBLE) AS a // b, (a, b, kind INTERVAL) AS a / b, (a, b, kind) AS a // b;
-- Their texts have all digits, of which the types keep the value only.
CREATE MACRO quotient_text(a, b, kind BIGINT) AS (a // b)::VARCHAR, (a, b, kind HUGEINT) AS (a // b)::VARCHAR,
  (a, b, kind DECIMAL) AS civis_sql_quotient_of_decimals(a::VARCHAR, b::VARCHAR),
  (a, b, kind DOUBLE) AS civis_sql.as_text(a // b, kind), (a, b, kind INTERVAL) AS civis_sql.as_text(a / b, kind),
  (a, b, kind) AS (a // b)::VARCHAR;
CREATE MACRO exact_mean(total, count) AS civis_sql_mean_of_decimals(total::VARCHAR, nullif(count, 0)::VARCHAR)::DECIMAL(38, 20);
CREATE MACRO averaged(mean, total, count, least, most, kind BIGINT) AS civis_sql.exact_mean(total, count),
  (mean, total, count, least, most, kind HUGEINT) AS civis_sql.exact_mean(total, count),
  (mean, total, count, least, most, kind DECIMAL) AS civis_sql.exact_mean(total, count),
  (mean, total, count, least, most, kind DOUBLE) AS civis_sql.finite_mean(mean, least, most), (mean, total, count, least, most, kind INTERVAL) AS mean,
  (mean, total, count, least, most, kind TIMESTAMP) AS civis_sql.fail('there is no mean of dates and times: take that of their differences'), (mean, total, count, least, most, kind) AS mean;
CREATE MACRO mean_digits(total, count) AS civis_sql_mean_of_decimals(total::VARCHAR, nullif(count, 0)::VARCHAR);
CREATE MACRO mean_text(mean, total, count, kind BIGINT) AS civis_sql.mean_digits(total, count),
  (mean, total, count, kind HUGEINT) AS civis_sql.mean_digits(total, count),
  (mean, total, count, kind DECIMAL) AS civis_sql.mean_digits(total, count),
  (mean, total, count, kind DOUBLE) AS civis_sql.as_text(mean, kind),
  (mean, total, count, kind INTERVAL) AS civis_sql.as_text(mean, kind), (mean, total, count, kind) AS mean::VARCHAR;
-- A product that DuckDB has no type for, but mostly of numbers that have less digits than their types.
CREATE MACRO short_decimal(x) AS CASE WHEN cast_to_type(TRY_CAST(x AS DECIMAL(18, 9)), x) = x THEN TRY_CAST(x AS DECIMAL(18, 9)) END;
CREATE MACRO times(a, b, kind BIGINT) AS a * b, (a, b, kind HUGEINT) AS a * b, (a, b, kind DOUBLE) AS a * b,
  (a, b, kind DECIMAL) AS coalesce(TRY_CAST(civis_sql.short_decimal(a) * civis_sql.short_decimal(b) AS DECIMAL(38, 24)),
    civis_sql_product_of_decimals(a::VARCHAR, b::VARCHAR)::DECIMAL(38, 24)),
  (a, b, kind INTERVAL) AS a * b, (a, b, kind) AS a * b;

CREATE MACRO rest(a, b, kind BIGINT) AS a % b, (a, b, kind HUGEINT) AS a % b,
  (a, b, kind DECIMAL) AS CASE WHEN typeof(a % b) = 'DOUBLE' THEN civis_sql.kept_text(civis_sql_rest_of_decimals(a::VARCHAR, b::VARCHAR), 'a numeric')
    ELSE civis_sql.kept_decimal(a % b, 'a numeric') END,
  (a, b, kind DOUBLE) AS civis_sql.fail('operator does not exist: double precision % double precision: cast both to numeric')::DOUBLE,
  (a, b, kind) AS a % b;

-- Powers and roots: of decimals as PostgreSQL has them, else of double precision.
CREATE MACRO power_kind_rs(kind) AS NULL::DOUBLE;
CREATE MACRO power_kind(kind DECIMAL) AS NULL::DECIMAL(38, 20), (kind BIGINT) AS NULL::DOUBLE,
  (kind HUGEINT) AS NULL::DOUBLE, (kind DOUBLE) AS NULL::DOUBLE, (kind) AS NULL::DOUBLE;
CREATE MACRO sqrt_rs(x, kind) AS
  sqrt(CASE WHEN x < 0 THEN civis_sql.fail('cannot take square root of a negative number') ELSE x END);
CREATE MACRO power_rs(x, y, kind) AS
  CASE WHEN x = 0 AND y < 0 THEN civis_sql.fail('zero raised to a negative power is undefined')
       WHEN isinf(x::DOUBLE ** y::DOUBLE) AND NOT isinf(x::DOUBLE) AND NOT isinf(y::DOUBLE)
       THEN civis_sql.fail('value out of range: overflow')
       WHEN x::DOUBLE ** y::DOUBLE = 0 AND x <> 0 AND NOT isinf(x::DOUBLE) AND NOT isinf(y::DOUBLE)
       THEN civis_sql.fail('value out of range: underflow')
       WHEN x < 0 AND y <> trunc(y)
       THEN civis_sql.fail('a negative number raised to a non-integer power yields a complex result')
       ELSE x::DOUBLE ** y::DOUBLE END;
CREATE MACRO sqrt(x, kind DECIMAL) AS civis_sql_power_of_decimal(x::VARCHAR, 'root')::DECIMAL(38, 20),
  (x, kind DOUBLE) AS civis_sql.sqrt_rs(x, kind), (x, kind) AS civis_sql.sqrt_rs(x, kind);
CREATE MACRO power(x, y, kind DECIMAL) AS civis_sql_power_of_decimal(x::VARCHAR, y::VARCHAR)::DECIMAL(38, 20),
  (x, y, kind DOUBLE) AS civis_sql.power_rs(x, y, kind), (x, y, kind) AS civis_sql.power_rs(x, y, kind);
CREATE MACRO ln_pg(x, kind DECIMAL) AS civis_sql_logarithm_of_decimal('e', x::VARCHAR)::DECIMAL(38, 20),
  (x, kind DOUBLE) AS civis_sql.ln(x), (x, kind) AS civis_sql.ln(x);
CREATE MACRO log_pg(x, kind DECIMAL) AS civis_sql_logarithm_of_decimal('10', x::VARCHAR)::DECIMAL(38, 20),
  (x, kind DOUBLE) AS civis_sql.log(x), (x, kind) AS civis_sql.log(x),
  (base, x, kind) AS civis_sql_logarithm_of_decimal(base::VARCHAR, x::VARCHAR)::DECIMAL(38, 20);
CREATE MACRO exp_pg(x, kind DECIMAL) AS civis_sql_exponential_of_decimal(x::VARCHAR)::DECIMAL(38, 20),
  (x, kind DOUBLE) AS civis_sql.exp(x), (x, kind) AS civis_sql.exp(x);

-- Variances and standard deviations: exact sums of integers, and the values of decimals, of which not
-- all squares have a type.
CREATE MACRO square_of(x, kind BIGINT) AS x::HUGEINT * x::HUGEINT, (x, kind) AS x;
CREATE MACRO spread_of_values(items, wanted) AS nullif(civis_sql_spread_of_values(items, wanted), '')::DOUBLE;
CREATE MACRO spread(rounded, count, total, squares, items, wanted, kind BIGINT) AS
  nullif(civis_sql_spread_of_sums(count::VARCHAR, total::VARCHAR, squares::VARCHAR, wanted), '')::DOUBLE,
  (rounded, count, total, squares, items, wanted, kind HUGEINT) AS civis_sql.spread_of_values(items, wanted),
  (rounded, count, total, squares, items, wanted, kind DECIMAL) AS civis_sql.spread_of_values(items, wanted),
  (rounded, count, total, squares, items, wanted, kind DOUBLE) AS rounded, (rounded, count, total, squares, items, wanted, kind) AS rounded;
CREATE MACRO spread_distinct(rounded, items, wanted, kind BIGINT) AS civis_sql.spread_of_values(items, wanted),
  (rounded, items, wanted, kind HUGEINT) AS civis_sql.spread_of_values(items, wanted),
  (rounded, items, wanted, kind DECIMAL) AS civis_sql.spread_of_values(items, wanted),
  (rounded, items, wanted, kind DOUBLE) AS rounded, (rounded, items, wanted, kind) AS rounded;
