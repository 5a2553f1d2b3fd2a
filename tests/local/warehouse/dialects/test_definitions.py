"""CREATE, ALTER, DROP, MERGE and SHOW in the dialects, and what the catalog tells of the tables."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


class Database:
    """A warehouse, and a schema of its own for each test."""

    def __init__(self, dialect):
        self.dialect = dialect
        self.warehouse = open_duckdb(":memory:", dialect)
        self.schema = ""

    def rows(self, sql):
        text = f"SET search_path = '{self.schema}'; {sql}"
        return self.warehouse.preview(text, 100, CancelToken(), ignore_log).rows

    def value(self, sql):
        ((value,),) = self.rows(sql)
        return value

    def comment_of(self, table, column):
        sql = (
            "SELECT comment FROM duckdb_columns() WHERE schema_name = $1 AND table_name = $2 "
            "AND column_name = $3"
        )
        with self.warehouse.engine(CancelToken(), ignore_log) as engine:
            ((comment,),) = engine.cursor.execute(sql, [self.schema, table, column]).fetchall()
        return comment


@pytest.fixture(scope="module", params=["redshift", "postgres"])
def open_database(request):
    database = Database(request.param)
    yield database
    database.warehouse.close()


@pytest.fixture
def database(open_database, request):
    open_database.schema = f"s{abs(hash(request.node.name)) % 10**8}"
    open_database.warehouse.run_native(f"CREATE SCHEMA {open_database.schema}")
    return open_database


@pytest.fixture
def redshift(database):
    if database.dialect != "redshift":
        pytest.skip("a statement of Redshift")
    return database


@pytest.mark.parametrize(
    "key",
    [
        "(id INT PRIMARY KEY, k INT)",
        "(id INT, k INT, CONSTRAINT one PRIMARY KEY (id))",
        "(id INT NOT NULL UNIQUE, k INT)",
        "(id INT NOT NULL, k INT, UNIQUE (id))",
    ],
)
def test_keys_are_enforced_by_postgresql_alone(database, key):
    database.rows(f"CREATE TABLE t {key}; INSERT INTO t VALUES (1, 1)")
    if database.dialect == "postgres":
        with pytest.raises(WarehouseError, match=r"(?i)duplicate key"):
            database.rows("INSERT INTO t VALUES (1, 2)")
    else:
        database.rows("INSERT INTO t VALUES (1, 2)")
        assert database.value("SELECT count(*) FROM t") == "2"
    with pytest.raises(WarehouseError, match=r"(?i)not-null constraint"):
        database.rows("INSERT INTO t VALUES (NULL, 3)")


def test_foreign_keys_are_enforced_by_postgresql_alone(database):
    database.rows(
        "CREATE TABLE p (id INT PRIMARY KEY);"
        "CREATE TABLE c (id INT REFERENCES p (id), n INT, FOREIGN KEY (n) REFERENCES p (id))"
    )
    if database.dialect == "postgres":
        with pytest.raises(WarehouseError, match=r"(?i)foreign key"):
            database.rows("INSERT INTO c VALUES (5, 5)")
    else:
        database.rows("INSERT INTO c VALUES (5, 5); DROP TABLE p")


def test_keys_are_known_to_the_catalog(database):
    database.rows("CREATE TABLE t (a INT, b INT, c INT UNIQUE, PRIMARY KEY (a, b))")
    assert database.rows(
        "SELECT constraint_name, constraint_type FROM information_schema.table_constraints "
        "WHERE table_name = 't' AND table_schema = current_schema() ORDER BY 1"
    ) == [["t_c_key", "UNIQUE"], ["t_pkey", "PRIMARY KEY"]]
    assert database.rows(
        "SELECT column_name, ordinal_position FROM information_schema.key_column_usage "
        "WHERE constraint_name = 't_pkey' AND table_schema = current_schema() ORDER BY 2"
    ) == [["a", "1"], ["b", "2"]]
    with database.warehouse.engine(CancelToken(), ignore_log) as engine:
        assert engine.primary_key(database.schema, "t") == ("a", "b")


def test_two_primary_keys_are_refused(database):
    with pytest.raises(WarehouseError, match=r"(?i)primary key"):
        database.rows("CREATE TABLE t (a INT PRIMARY KEY, b INT PRIMARY KEY)")


def test_the_columns_of_a_key_must_be_there(database):
    with pytest.raises(WarehouseError, match="nope"):
        database.rows("CREATE TABLE t (a INT, PRIMARY KEY (nope))")


def test_like_copies_what_it_says(database):
    database.rows(
        'CREATE TABLE base (n INT DEFAULT 3 NOT NULL, v VARCHAR(3), "My C" INT DEFAULT 7);'
        "CREATE TABLE plain (LIKE base, more INT);"
        "CREATE TABLE full_one (LIKE base INCLUDING DEFAULTS)"
    )
    database.rows("INSERT INTO full_one (v) VALUES ('abc')")
    assert database.rows("SELECT * FROM full_one") == [["3", "abc", "7"]]
    with pytest.raises(WarehouseError, match=r"(?i)not-null"):
        database.rows("INSERT INTO plain (v) VALUES ('abc')")
    for table in ("plain", "full_one"):
        with pytest.raises(WarehouseError, match="too long for the type of v"):
            database.rows(f"INSERT INTO {table} (n, v) VALUES (1, 'abcd')")
    with pytest.raises(WarehouseError, match="nowhere"):
        database.rows("CREATE TABLE t (LIKE nowhere)")


def test_fewer_values_than_columns_leave_the_defaults(database):
    database.rows(
        "CREATE TABLE t (a INT, b INT DEFAULT 5, c INT); INSERT INTO t VALUES (1), (2);"
        "INSERT INTO t SELECT 3; BEGIN; INSERT INTO t VALUES (4, 4); COMMIT"
    )
    assert database.rows("SELECT * FROM t ORDER BY a") == [
        ["1", "5", None], ["2", "5", None], ["3", "5", None], ["4", "4", None],
    ]  # fmt: skip
    with pytest.raises(WarehouseError, match="3 columns but 4 values"):
        database.rows("INSERT INTO t VALUES (1, 2, 3, 4)")
    with pytest.raises(WarehouseError, match=r"(?i)mismatch"):
        database.rows("INSERT INTO t (a, b) VALUES (1)")


@pytest.mark.parametrize("around", ["{}", "BEGIN; {}; COMMIT"])
def test_lengths_change_with_rows_defaults_and_comments_kept(database, around):
    database.rows(
        "CREATE TABLE t (a VARCHAR(3) DEFAULT 'x', b INT); COMMENT ON COLUMN t.b IS 'counts';"
        "INSERT INTO t VALUES ('abc', 1)"
    )
    change = "INSERT INTO t VALUES ('de', 2); ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(5)"
    database.rows(around.format(change))
    database.rows("INSERT INTO t VALUES ('abcde', 3); INSERT INTO t (b) VALUES (4)")
    assert database.rows("SELECT a FROM t ORDER BY b") == [["abc"], ["de"], ["abcde"], ["x"]]
    with pytest.raises(WarehouseError, match=r"varchar\(5\)"):
        database.rows("INSERT INTO t VALUES ('abcdef', 5)")
    assert database.comment_of("t", "b") == "counts"


def test_a_length_that_the_rows_exceed_changes_nothing(database):
    database.rows("CREATE TABLE t (a VARCHAR(5)); INSERT INTO t VALUES ('abcde')")
    with pytest.raises(WarehouseError, match="too long"):
        database.rows("ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(2)")
    database.rows("INSERT INTO t VALUES ('12345')")
    assert database.value("SELECT count(*) FROM t") == "2"


def test_added_columns_have_their_lengths(database):
    database.rows("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
    database.rows("ALTER TABLE t ADD COLUMN v VARCHAR(3) DEFAULT 'ab', ADD COLUMN w CHAR(2)")
    assert database.rows("SELECT * FROM t") == [["1", "ab", None]]
    with pytest.raises(WarehouseError, match=r"type of v, varchar\(3\)"):
        database.rows("INSERT INTO t (v) VALUES ('abcd')")
    with pytest.raises(WarehouseError, match=r"type of w, char\(2\)"):
        database.rows("INSERT INTO t (w) VALUES ('abc')")


def test_keys_may_be_added_and_dropped(database):
    database.rows(
        "CREATE TABLE t (a INT, b INT); INSERT INTO t VALUES (1, 1), (2, 2);"
        "ALTER TABLE t ADD PRIMARY KEY (a); ALTER TABLE t ADD UNIQUE (b)"
    )
    keys = (
        "SELECT constraint_name FROM information_schema.table_constraints "
        "WHERE table_schema = current_schema() ORDER BY 1"
    )
    assert database.rows(keys) == [["t_b_key"], ["t_pkey"]]
    with pytest.raises(WarehouseError, match="multiple primary keys"):
        database.rows("ALTER TABLE t ADD PRIMARY KEY (b)")
    if database.dialect == "postgres":
        with pytest.raises(WarehouseError, match=r"(?i)duplicate key"):
            database.rows("INSERT INTO t VALUES (3, 2)")
    database.rows("ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE")
    assert database.rows(keys) == [["t_b_key"]]
    with pytest.raises(WarehouseError, match='constraint "nope" of relation "t" does not exist'):
        database.rows("ALTER TABLE t DROP CONSTRAINT nope")


def test_keys_of_redshift_keep_their_names(redshift):
    redshift.rows(
        "CREATE TABLE t (a INT CONSTRAINT one PRIMARY KEY, b INT, CONSTRAINT two UNIQUE (a, b));"
        "ALTER TABLE t ADD CONSTRAINT three FOREIGN KEY (b) REFERENCES t (a);"
        "ALTER TABLE t DROP CONSTRAINT two"
    )
    assert redshift.rows(
        "SELECT constraint_name FROM information_schema.table_constraints "
        "WHERE table_schema = current_schema() ORDER BY 1"
    ) == [["one"], ["three"]]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*), 7 / 2 AS half FROM (SELECT 1 AS a) t -- 'x'",
        "WITH q AS (SELECT 'it''s' AS a) SELECT * FROM q",
        "(WITH RECURSIVE q(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM q WHERE n < 3) "
        "SELECT max(n) FROM q)",
        "VALUES (1), (2)",
        "SELECT 1 AS a UNION ALL SELECT 2 ORDER BY 1 DESC",
    ],
)
def test_views_show_the_users_text(database, query):
    database.rows(f"CREATE VIEW v AS {query};")
    plain = database.rows(query.split(" --")[0])
    assert database.rows("SELECT * FROM v") == plain
    text = database.value("SELECT definition FROM pg_views WHERE schemaname = current_schema()")
    assert text == query.split(" --")[0]
    info = database.warehouse.table(database.schema, "v")
    assert info.definition == text
    assert "civis_sql" not in str(info)


def test_views_are_there_after_a_restart(tmp_path):
    path = tmp_path / "w.duckdb"
    for _ in range(2):
        warehouse = open_duckdb(path)
        if not warehouse.tables():
            warehouse.preview(
                "CREATE TABLE t (a VARCHAR(9), b INT PRIMARY KEY); CREATE VIEW v AS "
                "SELECT regexp_substr(a, 'b+') AS s, b / 2 AS half FROM t; "
                "INSERT INTO t VALUES ('abbc', 3)",
                1, CancelToken(), ignore_log,
            )  # fmt: skip
        found = warehouse.preview("SELECT * FROM v", 1, CancelToken(), ignore_log)
        assert found.rows == [["bb", "1"]]
        warehouse.close()


def test_a_table_with_views_is_dropped_by_cascade_only(database):
    database.rows(
        "CREATE TABLE t (a INT); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT * FROM v"
    )
    with pytest.raises(WarehouseError, match=r"view .*\.v, view .*\.w.*CASCADE"):
        database.rows("DROP TABLE t")
    database.rows("DROP TABLE t CASCADE")
    assert database.rows("SELECT viewname FROM pg_views WHERE schemaname = current_schema()") == []


def test_views_without_schema_binding_do_not_hold_a_table(redshift):
    redshift.rows(
        "CREATE TABLE t (a INT); CREATE VIEW v AS SELECT a FROM t WITH NO SCHEMA BINDING;"
        "DROP TABLE t; CREATE TABLE t (a INT); INSERT INTO t VALUES (4)"
    )
    assert redshift.value("SELECT a FROM v") == "4"
    assert redshift.value("SHOW VIEW v").endswith("WITH NO SCHEMA BINDING")


@pytest.mark.parametrize(
    "sql",
    ["CREATE TABLE u AS SELECT 1 AS a, 2 AS a", "CREATE VIEW u AS SELECT 1, 2",
     "CREATE TABLE u AS SELECT * FROM (SELECT 1 AS a) x JOIN (SELECT 1 AS a) y ON x.a = y.a"],
)  # fmt: skip
def test_names_that_occur_twice_are_refused(database, sql):
    with pytest.raises(WarehouseError, match="specified more than once"):
        database.rows(sql)


def test_merge_refuses_rows_that_match_twice(database):
    database.rows(
        "CREATE TABLE t (id INT, v INT); CREATE TABLE s (id INT, v INT);"
        "INSERT INTO t VALUES (1, 0), (2, 0); INSERT INTO s VALUES (1, 10), (1, 11), (3, 30)"
    )
    merge = (
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v "
        "WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v)"
    )
    with pytest.raises(WarehouseError, match=r"multiple matches|second time"):
        database.rows(merge)
    database.rows("DELETE FROM s WHERE v = 11")
    database.rows(merge)
    assert database.rows("SELECT * FROM t ORDER BY id") == [["1", "10"], ["2", "0"], ["3", "30"]]


def test_merge_removes_duplicates(redshift):
    redshift.rows(
        "CREATE TABLE t (id INT, v INT); CREATE TABLE s (id INT, v INT);"
        "INSERT INTO t VALUES (1, 0), (1, 1), (2, 0); INSERT INTO s VALUES (1, 10), (3, 30);"
        "MERGE INTO t USING s ON t.id = s.id REMOVE DUPLICATES"
    )
    assert redshift.rows("SELECT * FROM t ORDER BY id") == [["1", "10"], ["2", "0"], ["3", "30"]]
    redshift.rows("CREATE TABLE narrow (id INT); INSERT INTO narrow VALUES (2)")
    with pytest.raises(WarehouseError, match="2 columns but 1 values"):
        redshift.rows("MERGE INTO t USING narrow ON t.id = narrow.id REMOVE DUPLICATES")
    assert redshift.value("SELECT count(*) FROM t") == "3"


def test_show_tells_what_is_there(redshift):
    redshift.rows("CREATE TABLE t (a INT, v VARCHAR(5)); CREATE VIEW w AS SELECT a FROM t")
    schema = redshift.schema
    tables = redshift.rows(f"SHOW TABLES FROM SCHEMA {schema}")
    assert [row[2:4] for row in tables] == [["t", "TABLE"], ["w", "VIEW"]]
    assert redshift.rows(f"SHOW TABLES FROM SCHEMA {schema} LIKE 't%' LIMIT 5") == tables[:1]
    assert schema in [row[1] for row in redshift.rows("SHOW SCHEMAS FROM DATABASE memory")]
    columns = redshift.rows(f"SHOW COLUMNS FROM TABLE {schema}.t")
    assert [row[3] for row in columns] == ["a", "v"]
    assert redshift.value("SHOW TABLE t") == (
        f"CREATE TABLE {schema}.t\n(\n    a integer,\n    v character varying(5)\n);"
    )
    assert redshift.value("SHOW VIEW w") == "SELECT a FROM t"
    with pytest.raises(WarehouseError, match="nope"):
        redshift.rows("SHOW TABLE nope")
    with pytest.raises(WarehouseError, match="SHOW PROCEDURES is not supported"):
        redshift.rows("SHOW PROCEDURES FROM SCHEMA public")


def test_a_check_is_kept_as_it_was_written(database):
    if database.dialect != "postgres":
        pytest.skip("Redshift has none")
    database.rows("CREATE TABLE t (a SMALLINT CHECK (a + 1 > 0)); INSERT INTO t VALUES (1)")
    with pytest.raises(WarehouseError, match=r"CHECK\(\(\(a \+ 1\) > 0\)\)"):
        database.rows("INSERT INTO t VALUES (-1)")
