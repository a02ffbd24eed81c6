//! Attacks of one Query.

use super::DELETE;

/// Their names and SQL.
pub(super) const STATEMENTS: [(&str, &str); 34] = [
    ("delete", DELETE),
    (
        "a line that a carriage return ends",
        "select 1 --\r; delete from items where id % 7 = 3",
    ),
    (
        "comments that nest",
        "/* /* */ select */ update items set name = name || 'x'",
    ),
    (
        "no comment within a string",
        "select '/*'; delete from scraps; select '*/'",
    ),
    (
        "no string within a comment",
        "/* ' */ delete from scraps; -- '",
    ),
    ("a backslash", "select '\\'; delete from scraps; --'"),
    (
        "an escaped quote",
        "select E'\\'', E'\\\\'; delete from scraps; --'",
    ),
    (
        "dollars",
        "select $a$ $b$ $a$; delete from scraps; select $b$ $a$ $b$",
    ),
    (
        "dollars behind a name",
        "select 1 as a$b$; delete from scraps; select 1 as a$b$",
    ),
    (
        "an operator before a comment",
        "select 1 +--\n2; delete from scraps",
    ),
    (
        "behind many statements",
        "select 1;;;; select 2; ; delete from scraps",
    ),
    (
        "a writing CTE",
        "with gone as (delete from scraps returning n) select * from gone",
    ),
    (
        "a materialized CTE",
        "with x as not materialized (delete from scraps returning 1) table x",
    ),
    (
        "CTEs within CTEs",
        "with a as (select 1), b(x) as (update scraps set n = 2 returning n) select 1",
    ),
    ("explained and run", "explain analyze delete from scraps"),
    (
        "explained by options",
        "explain (costs off, analyze) delete from scraps",
    ),
    (
        "explained by a quoted option",
        "explain (\"analyze\" on) update scraps set n = 3",
    ),
    (
        "COPY of a deletion",
        "copy (delete from scraps returning n) to stdout",
    ),
    (
        "PREPARE and EXECUTE",
        "prepare p as delete from scraps; execute p",
    ),
    ("DO", "do $$ begin delete from scraps; end $$"),
    (
        "a function of its own",
        "create function f() returns int language sql as 'select 1'",
    ),
    (
        "MERGE",
        "merge into scraps s using items i on i.id = 2 when matched then delete",
    ),
    ("TRUNCATE", "truncate only scraps"),
    (
        "ON CONFLICT",
        "insert into items values (9, 'x') on conflict (id) do update set name = 'y' || items.name",
    ),
    ("SELECT INTO", "select 1 as n into copied_scraps"),
    (
        "CREATE TABLE AS",
        "create table more_scraps as table scraps",
    ),
    ("a comment on a table", "comment on table items is 'mine'"),
    ("a grant", "grant select on items to public"),
    (
        "a setting of the database",
        "do $$ begin execute 'alter database ' || current_database() || \
      ' set work_mem = ''5MB'''; end $$",
    ),
    (
        "default privileges",
        "alter default privileges grant select on tables to owner",
    ),
    ("a large object made", "select lo_creat(-1)"),
    (
        "a large object overwritten",
        "select \"lo_put\" /* */ (4242, 0, 'A')",
    ),
    (
        "a sequence set",
        "select pg_catalog . setval('counter', 77)",
    ),
    (
        "a cursor that deletes",
        "begin; declare c cursor for select n from scraps for update; \
      fetch c; delete from scraps where current of c; commit",
    ),
];
