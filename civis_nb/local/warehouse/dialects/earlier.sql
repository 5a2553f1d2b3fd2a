-- Functions that nothing calls anew: views and defaults in databases of earlier versions do. They stay
-- as they were; tests/local/warehouse/dialects/kept_functions.txt names all that databases may call.
CREATE MACRO jsonb_of(x) AS CASE WHEN x IS NOT NULL THEN civis_sql_jsonb_text(to_json(x)::VARCHAR)::JSON END;
CREATE MACRO in_json(x, kind TIMESTAMP) AS CASE WHEN isfinite(x) THEN civis_sql.iso_time(x) ELSE x::VARCHAR END,
  (x, kind TIMESTAMPTZ) AS CASE WHEN isfinite(x) THEN civis_sql.iso_time(timezone('UTC', x)) || '+00:00' ELSE x::VARCHAR END,
  (x, kind DATE) AS x, (x, kind VARCHAR) AS x, (x, kind BIGINT) AS x, (x, kind DOUBLE) AS x, (x, kind DECIMAL) AS x,
  (x, kind HUGEINT) AS x, (x, kind) AS CASE WHEN contains(typeof(x), 'TIMESTAMP')
    THEN cast_to_type(civis_sql.fail('JSON of rows and arrays with timestamps is not supported: cast them to text'), x) ELSE x END;
