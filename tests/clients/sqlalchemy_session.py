"""Sessions of SQLAlchemy against the URL given, over psycopg and over asyncpg: reflection, queries and, with
"append", inserts."""

import asyncio
import sys

from sqlalchemy import MetaData, create_engine, func, insert, inspect, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session, configure_mappers, selectinload

URL = sys.argv[1]
APPEND = "append" in sys.argv[2:]


def url(driver):
    # The at sign of a target would end the name of a user.
    left, _, database = URL.rpartition("/")
    return f"postgresql+{driver}://{left.removeprefix('postgres://')}/{database.replace('@', '%40')}"


def introspect(engine):
    found = inspect(engine)
    for schema in (None, "public"):
        for table in [*found.get_table_names(schema), *found.get_view_names(schema)]:
            print(table, len(found.get_columns(table, schema)), found.get_pk_constraint(table, schema)["constrained_columns"],
                  len(found.get_foreign_keys(table, schema)), len(found.get_indexes(table, schema)),
                  len(found.get_unique_constraints(table, schema)), len(found.get_check_constraints(table, schema)))
    print(found.get_enums(), found.get_domains(), found.get_sequence_names(), found.get_schema_names())
    print(found.get_materialized_view_names(), found.get_view_definition("cheap"), found.get_table_comment("authors"))
    metadata = MetaData()
    metadata.reflect(engine, views=True, resolve_fks=True)
    print(sorted(metadata.tables))


def read(engine, base):
    authors, books = base.classes.authors, base.classes.books
    with Session(engine) as session:
        found = session.scalars(select(authors).options(selectinload(authors.books_collection)).order_by(authors.id))
        print([(author.name, len(author.books_collection)) for author in found])
        print(session.scalar(select(func.count()).select_from(books)), session.get(authors, 1).tags)
        with session.begin_nested():
            print(session.scalars(select(books.title).where(books.price < 5).order_by(books.id)).all())
    with engine.connect().execution_options(yield_per=1) as connection:
        print(sum(1 for _ in connection.execute(select(books.id))))
    for options in ({"isolation_level": "AUTOCOMMIT"}, {"isolation_level": "REPEATABLE READ"},
                    {"postgresql_readonly": True}):
        with engine.connect().execution_options(**options) as connection:
            print(connection.execute(text("SELECT name FROM authors WHERE name = :name"), {"name": "Ada"}).scalar())


def append(engine, base):
    authors, books = base.classes.authors, base.classes.books
    with Session(engine) as session:
        author = authors(name="Fay", facts={"update": 1})
        author.books_collection = [books(title=f"Volume {n}") for n in range(20)]
        session.add_all([author, authors(name="Gus")])
        session.commit()
        print(author.id > 0, len(author.books_collection))
        session.execute(insert(authors), [{"name": f"writer {n}"} for n in range(50)])
        session.execute(insert_or(authors).values(name="Gus").on_conflict_do_nothing())
        session.commit()
        try:
            with session.begin_nested():
                session.add(authors(name="Gus"))
        except IntegrityError as error:
            print("refused", error.orig.sqlstate)
        session.commit()


async def asynchronous():
    engine = create_async_engine(url("asyncpg"), pool_pre_ping=True)
    async with engine.connect() as connection:
        print(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
        rows = await connection.stream(text("SELECT id, facts, mood FROM authors ORDER BY id LIMIT 2"))
        print([row async for row in rows])
    if APPEND:
        async with engine.begin() as connection:
            made = await connection.execute(text("INSERT INTO authors (name) VALUES ('Hal') RETURNING id > 0"))
            print(made.scalar())
    await engine.dispose()


engine = create_engine(url("psycopg"), pool_pre_ping=True, pool_size=1)
introspect(engine)
base = automap_base()
base.prepare(autoload_with=engine)
configure_mappers()
read(engine, base)
if APPEND:
    append(engine, base)
asyncio.run(asynchronous())
print("done")
