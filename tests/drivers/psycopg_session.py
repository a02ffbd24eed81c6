"""A session of psycopg 3 against the URL given: synchronous, asynchronous, pipelined, COPY.

Prints what it saw, without process ids and times, so that two runs can be compared.
"""

import asyncio
import hashlib
import sys
import threading

import psycopg
from psycopg import sql

URL = sys.argv[1]
BIG = 50 * 1024 * 1024
BEGUN = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(60)' AND pid = %s AND state = 'active'"


def tell(step, *facts):
    print(f"{step}:", *facts, flush=True)


def failure(step, error):
    said = error.diag
    tell(step, said.severity_nonlocalized, said.sqlstate, said.message_primary, said.message_detail,
         said.message_hint, said.statement_position)


def digest(value):
    data = value.encode() if isinstance(value, str) else bytes(value)
    return len(data), hashlib.sha256(data).hexdigest()


def values(connection):
    query = """SELECT %s::int8, %s::text, %s::numeric, %s::bytea, %s::int[], %s::jsonb, %s::date, %s::bool,
                      'infinity'::float8, '1 mon 2 days'::interval"""
    for number in range(8):
        row = connection.execute(query, (
            2**40 + number, f"text {number} ü", f"{number}.50", bytes(range(number)), list(range(number)),
            f'{{"n": {number}}}', "2024-02-29", number % 2 == 0), prepare=True).fetchone()
        tell("prepared", row)
    tell("nothing", connection.execute("").description, connection.execute("SELECT WHERE false").fetchall())
    tell("null", connection.execute("SELECT %s::text", (None,), binary=True).fetchone())
    tell("binary", connection.execute("SELECT 1::int2, 2.5::float4, now() > '2000-01-01'", binary=True).fetchone())


def cursors(connection):
    with connection.transaction():
        with connection.cursor(name="walk", scrollable=True) as cursor:
            cursor.execute("SELECT i FROM generate_series(1, 1000) i")
            tell("cursor", cursor.fetchmany(3), cursor.fetchone())
            cursor.scroll(500, mode="absolute")
            tell("cursor scrolled", cursor.fetchmany(2))
    rows = sum(1 for _ in connection.cursor().stream("SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i"))
    tell("streamed", rows)


def copies(connection):
    connection.execute("CREATE TEMP TABLE copied (i int, t text, b bytea)")
    cursor = connection.cursor()
    with cursor.copy("COPY copied FROM STDIN") as copy:
        for number in range(20000):
            copy.write_row((number, f"row\t{number}\n\\", None if number % 7 else bytes([number % 256])))
    tell("copy in", cursor.rowcount)
    with cursor.copy("COPY copied FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int4", "text", "bytea"])
        for number in range(1000):
            copy.write_row((number, "binary", b"\0\1"))
    tell("copy in binary", cursor.rowcount)
    with cursor.copy("COPY (SELECT * FROM copied ORDER BY i, t) TO STDOUT") as copy:
        tell("copy out", digest(b"".join(bytes(block) for block in copy)))
    with cursor.copy("COPY (SELECT i, t FROM copied ORDER BY i, t LIMIT 5) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["int4", "text"])
        tell("copy out binary", list(copy.rows()))
    for step, rows in (("copy of bad rows", "x\ty\tz\n"), ("copy of short rows", "1\n")):
        try:
            with cursor.copy("COPY copied FROM STDIN") as copy:
                copy.write(rows)
        except psycopg.Error as error:
            failure(step, error)
    try:
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write("1\t2\t\\\\x00\n")
            raise KeyError("the client gives up")
    except KeyError as error:
        tell("copy given up", error)
    tell("after copies", connection.execute("SELECT count(*) FROM copied").fetchone())


def errors(connection):
    for step, query in (
        ("syntax", "SELEC 1"),
        ("missing", "SELECT *\nFROM nowhere"),
        ("division", "SELECT 1 / 0"),
        ("raised", "DO $$ BEGIN RAISE EXCEPTION 'own' USING ERRCODE = 'ZZ001', DETAIL = 'd', HINT = 'h'; END $$"),
    ):
        try:
            connection.execute(query)
        except psycopg.Error as error:
            failure(step, error)
    try:
        with connection.transaction():
            try:
                connection.execute("SELECT 1 / 0")
            except psycopg.Error:
                pass
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        failure("failed transaction", error)
    with connection.transaction():
        connection.execute("CREATE TEMP TABLE kept (i int)")
        try:
            with connection.transaction():
                connection.execute("INSERT INTO kept VALUES (1)")
                connection.execute("INSERT INTO kept VALUES ('x')")
        except psycopg.Error as error:
            failure("savepoint", error)
        connection.execute("INSERT INTO kept VALUES (2)")
    tell("kept", connection.execute("SELECT i FROM kept").fetchall())


def notices(connection):
    heard = []
    connection.add_notice_handler(lambda said: heard.append((said.severity, said.message_primary, said.message_hint)))
    connection.execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two' USING HINT = 'three'; END $$")
    tell("notices", heard)


def notifications(connection):
    connection.execute("LISTEN bell")
    with psycopg.connect(URL, autocommit=True) as other:
        for number in range(3):
            other.execute("SELECT pg_notify('bell', %s)", (f"ring {number}",))
    heard = [(said.channel, said.payload) for said in connection.notifies(timeout=30, stop_after=3)]
    tell("notifications", sorted(heard))


def cancelled(connection):
    me = connection.execute("SELECT pg_backend_pid()").fetchone()

    def cancel():
        with psycopg.connect(URL, autocommit=True) as other:
            while other.execute(BEGUN, me).fetchone() != (1,):
                pass
        connection.cancel_safe(timeout=30)

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        connection.execute("SELECT pg_sleep(60)")
    except psycopg.Error as error:
        failure("cancelled", error)
    thread.join()
    tell("after cancel", connection.execute("SELECT 1").fetchone())


def pipelines(connection):
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int * 2", (number,)) for number in range(500)]
        tell("pipeline", sum(cursor.fetchone()[0] for cursor in cursors))
    try:
        with connection.pipeline() as pipeline:
            first = connection.execute("SELECT 'before'")
            connection.execute("SELECT 1 / %s", (0,))
            skipped = connection.execute("SELECT 'skipped'")
            pipeline.sync()
            tell("pipeline not reached", skipped.fetchone())
    except psycopg.Error as error:
        failure("pipeline error", error)
        tell("pipeline before", first.fetchone())
    try:
        with connection.pipeline():
            connection.execute("SELECT 1 / 0")
            connection.execute("SELECT 'aborted'").fetchone()
    except psycopg.errors.PipelineAborted as error:
        tell("pipeline aborted", type(error).__name__)
    except psycopg.Error as error:
        failure("pipeline aborted", error)
    tell("after pipelines", connection.execute("SELECT 1").fetchone())


def large(connection):
    text = "0123456789abcdef" * (BIG // 16)
    tell("large text", digest(connection.execute("SELECT %s::text", (text,)).fetchone()[0]))
    data = bytes(range(256)) * (BIG // 256)
    row = connection.execute("SELECT %b::bytea, length(%b)", (data, data), binary=True).fetchone()
    tell("large bytes", digest(row[0]), row[1])
    tell("large made", digest(connection.execute("SELECT repeat('ab', %s)", (BIG // 2,)).fetchone()[0]))


def settings(connection):
    status = connection.info.parameter_status
    tell("encoding", status("client_encoding"), status("server_encoding"), status("integer_datetimes"))
    connection.execute("SET application_name = 'renamed'")
    connection.execute("SET TimeZone = 'Asia/Tokyo'")
    tell("status", status("application_name"), status("TimeZone"))
    tell("shown", connection.execute("SELECT current_setting('application_name')").fetchone())


async def asynchronous():
    async with await psycopg.AsyncConnection.connect(URL, autocommit=True) as connection:
        cursor = await connection.execute("SELECT %s::text", ("async",))
        tell("async", await cursor.fetchone())
        others = [await psycopg.AsyncConnection.connect(URL, autocommit=True) for _ in range(4)]
        cursors = await asyncio.gather(*(other.execute("SELECT %s::int", (n,)) for n, other in enumerate(others)))
        tell("async gathered", [await cursor.fetchone() for cursor in cursors])
        for other in others:
            await other.close()
        me = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
        task = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        # A cancel request that comes before the query is lost.
        async with await psycopg.AsyncConnection.connect(URL, autocommit=True) as other:
            while await (await other.execute(BEGUN, me)).fetchone() != (1,):
                pass
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            tell("async cancelled")
        async with connection.pipeline():
            cursors = [await connection.execute("SELECT %s::int", (n,)) for n in range(100)]
            tell("async pipeline", sum([(await cursor.fetchone())[0] for cursor in cursors]))


def main():
    with psycopg.connect(URL, autocommit=True) as connection:
        for step in (settings, values, cursors, copies, errors, notices, notifications, cancelled, pipelines, large):
            step(connection)
        connection.execute(sql.SQL("DEALLOCATE ALL"))
    asyncio.run(asynchronous())
    tell("done")


main()
