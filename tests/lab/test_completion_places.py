"""What is proposed at places of real statements: what may stand there comes first."""

from __future__ import annotations

import pytest

from civis_nb.lab.catalog import Column, Table
from tests.lab.test_completion import Known, proposals

pytestmark = pytest.mark.exhaustive


def columns(*names):
    return [Column(name, "VARCHAR") for name in names]


CATALOG = Known(
    [
        Table(1, "public", "customers"), Table(2, "public", "orders"), Table(3, "raw", "items"),
        Table(4, "raw", "Order Lines"), Table(5, "stage", "orders"),
    ],
    {
        1: columns("id", "name", "email", "state"),
        2: columns("order_id", "customer_id", "amount", "ordered_at"),
        3: columns("sku", "order_id", "price"),
        4: columns("line no", "sku", "user"),
        5: columns("stage_id", "amount"),
    },
)  # fmt: skip

#: A place, what is proposed there first, in this order.
FIRST = [
    ("select distinct ¦ from orders", ["order_id", "customer_id", "amount", "ordered_at"]),
    ("select count(*) filter (where o.am¦) from orders o", ["amount"]),
    ("select sum(amount) over (partition by cust¦) from orders", ["customer_id"]),
    ("select case when am¦ > 1 then 1 end from orders", ["amount"]),
    ("with a as (select id, name from customers), b as (select * from a) select b.¦ from b",
     ["id", "name"]),
    ("with a as (select id from customers) select * from a join orders o on o.amount = a.¦",
     ["id"]),
    ("select x.¦ from orders o, lateral (select i.sku from raw.items i) x", ["sku"]),
    ("select * from orders where exists (select 1 from raw.items i where i.sku = orders.¦)",
     ["order_id", "customer_id"]),
    ("select * from main.raw.¦", ["items", '"Order Lines"']),
    ("select * from main.public.orders o where o.¦", ["order_id"]),
    # Lists of columns have those of their table, each once, and nothing else.
    ("insert into orders (¦) select * from customers",
     ["order_id", "customer_id", "amount", "ordered_at", None]),
    ("insert into orders (order_id, ¦) values (1)",
     ["customer_id", "amount", "ordered_at", None]),
    ("insert into orders (order_id) select ¦ from customers", ["id", "name"]),
    ("update orders set ¦", ["order_id", "customer_id", "amount", "ordered_at", None]),
    ("update orders set order_id = 1, amount = 2, ¦ where 1 = 1",
     ["customer_id", "ordered_at", None]),
    ("update orders set amount = cust¦", ["customer_id"]),
    ("update orders set amount = 1 from customers c where c.¦", ["id", "name"]),
    ("merge into orders o using stage.orders s on true when matched then update set ¦",
     ["order_id", "customer_id", "amount", "ordered_at", None]),
    ("merge into orders o using stage.orders s on true when not matched then insert (¦)",
     ["order_id", "customer_id", "amount", "ordered_at", None]),
    ("copy orders (¦) from 's3://bucket/x'",
     ["order_id", "customer_id", "amount", "ordered_at", None]),
    ("alter table orders drop column ¦",
     ["order_id", "customer_id", "amount", "ordered_at", None]),
    ("comment on column orders.¦ is 'x'", ["order_id"]),
    # Names that the query gives, where they may stand.
    ("select amount as total, state s from orders order by ¦", ["total", "s", "order_id"]),
    ("select amount as total from orders group by tot¦", ["total", None]),
    ("select amount as total from orders where tot¦", [None]),
    # An error before the place or behind it, and other statements.
    ("selec o.id frm orders o where;\nselect o.¦ from orders o; select * fro", ["order_id"]),
    ("select o.¦ from orders o where (a = ", ["order_id"]),
    ("select (a + from orders o where o.¦", ["order_id"]),
    ("select o.¦ from orders o where x = 'abc", ["order_id"]),
    ("select o.¦, from orders o group by", ["order_id"]),
    # EXTRACT has a FROM of its own.
    ("select extract(epoch from o.¦) from orders o", ["order_id"]),
    # Tables.
    ("drop table if exists ¦", ["public.customers", "public.orders"]),
    ("copy ¦ from 's3://bucket/x'", ["public.customers"]),
    ("vacuum ¦", ["public.customers"]),
    ("grant select on ¦ to somebody", ["public.customers"]),
    ("create table x (like ¦)", ["public.customers"]),
    ("create table x (a int references ¦", ["public.customers"]),
    # Keywords.
    ("¦", ["SELECT", "WITH"]),
    ("select * from orders ¦", ["where", "join", "left join"]),
    ("select * from orders o join customers c ¦", ["on", "using"]),
    ("select * from orders o join customers c on o.order_id = c.id ¦", ["and", "or"]),
    ("select * from orders where amount ¦", ["and", "or", "is null", "is not null", "in"]),
    ("select * from orders where (amount ¦", ["and", "or", "is null"]),
    ("select * from orders where (a = 1 and (amount ¦", ["and", "or", "is null"]),
    ("select * from orders where amount is ¦", ["null", "not null"]),
    ("select * from orders where amount is not ¦", ["null", "true"]),
    ("select * from orders where amount not ¦", ["in", "like"]),
    ("select * from orders left ¦", ["join", "outer join"]),
    ("select * from orders group ¦", ["by"]),
    ("select * from orders order by amount ¦", ["asc", "desc"]),
    ("select sum(amount) o¦ from orders", ["over"]),
    ("select sum(amount) over (¦) from orders", ["partition by", "order by"]),
    ("select listagg(amount) within group (¦) from orders", ["order by"]),
    ("select listagg(amount) within group (order by amount) x f¦", ["from"]),
    ("select case ¦ from orders", ["when"]),
    ("select case when a then b ¦ from orders", ["when", "else", "end"]),
    ("select case a when 1 then 2 end ¦ from orders", ["as", "from"]),
    ("create view v ¦", ["as"]),
    ("create view v as ¦", ["select", "with"]),
    ("create index i ¦", ["on"]),
    ("insert ¦", ["into"]),
    ("insert into orders (amount) ¦", ["values", "select"]),
    ("delete ¦", ["from"]),
    ("select 1 union ¦", ["all", "select"]),
    ("select cast(amount a¦ as int) from orders", ["as"]),
    # Types.
    ("select amount::time¦ from orders", ["time", "timestamp", "timestamptz", "timetz", None]),
    ("select cast(amount as dec¦)", ["decimal", None]),
    ("create table x (a big¦", ["bigint", None]),
    ("create table x (a int, b bool¦)", ["boolean", None]),
    ("alter table orders add column x varc¦", ["varchar", None]),
    ("create table x (a int not¦", ["not null"]),
    # A new name is the user's to invent.
    ("select * from orders as ¦", [None]),
    ("select amount as ¦ from orders", [None]),
    ("create table x (¦", [None]),
    ("create table x (a int, ¦", [None]),
    # Strings, comments and bodies of functions are no code.
    ("select 'it''s o.¦' from orders o", [None]),
    ("select 1 from orders o -- o.¦", [None]),
    ("select /* o.¦ */ 1 from orders o", [None]),
    ("select $$ o.¦ $$ from orders o", [None]),
    ("unload ('select o.¦ from orders o') to 's3://bucket/x'", [None]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "wanted"), FIRST)
def test_what_may_stand_at_a_place_comes_first(sql, wanted):
    check_first(sql, wanted)


def check_first(sql, wanted):
    """Check that proposals begin with some; behind them None stands for no others."""
    found = [one.insert or one.label for one in proposals("%%civis_sql\n" + sql, CATALOG).items]
    if wanted[-1] is None:
        assert found == wanted[:-1]
    else:
        assert found[: len(wanted)] == wanted
