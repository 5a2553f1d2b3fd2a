"""What is proposed in the bodies of functions and procedures."""

from __future__ import annotations

import pytest

from tests.lab.test_completion import Completer, proposals
from tests.lab.test_completion_places import CATALOG, check_first

pytestmark = pytest.mark.exhaustive

PROCEDURE = """\
create or replace procedure public.p(n int, inout total numeric(10, 2)) as $$
declare
  who varchar(30) := 'x';
  today constant date default current_date;
begin
  BODY
end;
$$ language plpgsql;
select 1"""
ORDERS = ["order_id", "customer_id", "amount", "ordered_at"]
VARIABLES = ["n", "total", "who", "today"]
STARTS = ["select", "insert into", "update", "delete from", "if"]

#: A place in the procedure's body, what is proposed there first.
IN_PROCEDURE = [
    ("select o.¦ from orders o;", [*ORDERS, None]),
    ("perform 1 from orders o where o.¦;", [*ORDERS, None]),
    ("return query select o.¦ from orders o;", [*ORDERS, None]),
    ('select "na¦" from customers;', ['"name"', None]),
    ("update orders set ¦ = 1;", [*ORDERS, None]),
    ("insert into orders (¦) values (n);", [*ORDERS, None]),
    # Variables are behind the columns, and alone where there are none.
    ("update orders set amount = n where ¦;", [*ORDERS, *VARIABLES]),
    ("delete from orders where amount > tot¦;", ["total", None]),
    ("total := ¦;", VARIABLES),
    ("select id into ¦ from customers;", VARIABLES),
    ("select id into who from customers c where c.¦;", ["id", "name", "email", "state", None]),
    ("select into who c.¦ from customers c;", ["id", "name", "email", "state", None]),
    # Statements begin and end with words as well.
    ("¦", STARTS),
    ("if n > 1 then ¦ end if;", STARTS),
    ("if n > 1 then n := 2; else ¦ end if;", STARTS),
    ("exception when others then ¦", STARTS),
    ("if n > 1 then select ¦ from orders; end if;", [*ORDERS, *VARIABLES]),
    ("if exists (select 1 from orders o where o.¦) then update customers set id = 1; end if;",
     [*ORDERS, None]),
    ("for r in select o.¦ from orders o loop update customers set name = 'x'; end loop;",
     [*ORDERS, None]),
    ("for r in select id from customers loop update orders set ¦ = 1; end loop;",
     [*ORDERS, None]),
    ("case n when 1 then select o.¦ from orders o; else null; end case;", [*ORDERS, None]),
    # The THEN and ELSE of an expression are none of that.
    ("select case when n > 1 then o.¦ else 2 end from orders o;", [*ORDERS, None]),
    ("select case when n > 1 then 1 else o.¦ end from orders o;", [*ORDERS, None]),
    # Texts and comments are no code.
    ("raise notice 'o.¦';", [None]),
    ("-- select o.¦ from orders o", [None]),
]  # fmt: skip

#: A place elsewhere.
FIRST = [
    ("create procedure p() as $$ declare ¦; begin end $$ language plpgsql", [None]),
    ("create procedure p() as $$ declare x big¦; begin end $$ language plpgsql",
     ["bigint", None]),
    ("create procedure p() as $$ declare x int := 1; y int := ¦; begin end $$ language plpgsql",
     ["x"]),
    # Not closed yet.
    ("create procedure p(x int) as $$ begin select o.¦ from orders o", [*ORDERS, None]),
    ("select 1; create procedure p(x int) as $p$ begin delete from orders where ¦",
     [*ORDERS, "x"]),
    ("do $$ begin delete from orders where ¦; end $$", ORDERS),
    # A function in SQL, whose arguments may have no names.
    ("create function f(least numeric) returns bigint as $$ select o.¦ from orders o $$ "
     "language sql", [*ORDERS, None]),
    ("create function f(least numeric) returns bigint as $$ select count(*) from orders where ¦ "
     "$$ language sql", [*ORDERS, "least"]),
    ("create function f(float, double precision) returns float stable as $$ select ¦ from orders "
     "$$ language sql", [*ORDERS, "orders"]),
    # What is in no body, and in one of another language, is none of SQL.
    ("create function f(a int) returns int as $$ select o.¦ from orders o $$ language plpythonu",
     [None]),
    ("comment on table orders is $$ select o.¦ from orders o $$", [None]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [*((PROCEDURE.replace("BODY", body), wanted) for body, wanted in IN_PROCEDURE), *FIRST],
    ids=[body for body, _ in [*IN_PROCEDURE, *FIRST]],
)
def test_what_may_stand_at_a_place_comes_first(sql, wanted):
    check_first(sql, wanted)


def test_variables_have_their_types():
    cell = "%%civis_sql\n" + PROCEDURE.replace("BODY", "n := ¦;")
    found = {one.label: one.detail for one in proposals(cell, CATALOG).items
             if one.kind == "variable"}  # fmt: skip
    assert found == {
        "n": "int", "total": "numeric(10, 2)", "who": "varchar(30)", "today": "date",
    }  # fmt: skip


def test_every_place_of_a_body_has_an_answer():
    body = "for r in select 1 loop if a then b := 'x' || $q$ y $q$; else c; end loop; case end;"
    cells = ["%%civis_sql\n" + PROCEDURE.replace("BODY", body), "%%civis_sql\ndo $$ declare x ("]
    for cell in cells:
        for offset in range(len("%%civis_sql\n"), len(cell) + 1):
            Completer(CATALOG).complete(cell, offset)
            Completer(CATALOG).complete(cell[:offset], offset)
