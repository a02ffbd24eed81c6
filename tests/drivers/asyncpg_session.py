"""A session of asyncpg against the URL given. Prints what it saw, without process ids and times."""

import asyncio
import hashlib
import sys

import asyncpg

URL = sys.argv[1]
BIG = 50 * 1024 * 1024


def tell(step, *facts):
    print(f"{step}:", *facts, flush=True)


def failure(step, error):
    tell(step, error.sqlstate, error, error.detail, error.hint, getattr(error, "position", None))


def digest(data):
    return len(data), hashlib.sha256(data).hexdigest()


async def values(connection):
    statement = await connection.prepare(
        "SELECT $1::int8 AS a, $2::text AS b, $3::numeric AS c, $4::bytea AS d, $5::int[] AS e, $6::jsonb AS f")
    tell("described", [str(p.name) for p in statement.get_parameters()], [a.name for a in statement.get_attributes()])
    for number in range(8):
        row = await statement.fetchrow(number, f"text {number} ü", number, bytes(range(number)), [number] * number,
                                       f'{{"n": {number}}}')
        tell("prepared", dict(row))
    tell("null", await connection.fetchval("SELECT $1::text", None))
    await connection.execute("CREATE TYPE pg_temp.pair AS (a int, b text); CREATE TYPE pg_temp.mood AS ENUM ('good', 'bad')")
    tell("own types", await connection.fetchrow("SELECT (1, 'x')::pg_temp.pair AS p, 'bad'::pg_temp.mood AS m"))
    await connection.executemany("SELECT $1::int", [(number,) for number in range(2000)])
    tell("many", "executed")


async def cursors(connection):
    async with connection.transaction():
        total = 0
        async for record in connection.cursor("SELECT i FROM generate_series(1, 5000) i", prefetch=77):
            total += record["i"]
        tell("cursor", total)
        cursor = await connection.cursor("SELECT i FROM generate_series(1, 100) i")
        await cursor.forward(50)
        tell("portal", [record["i"] for record in await cursor.fetch(3)])


async def copies(connection):
    await connection.execute("CREATE TEMP TABLE copied (i int, t text, b bytea)")
    rows = [(number, f"row {number}", bytes([number % 256])) for number in range(20000)]
    tell("copy in", await connection.copy_records_to_table("copied", records=rows))
    blocks = []

    async def keep(block):
        blocks.append(block)

    tell("copy out", await connection.copy_from_query("SELECT * FROM copied ORDER BY i", output=keep))
    tell("copied", digest(b"".join(blocks)))
    try:
        await connection.copy_to_table("copied", source=_lines([b"x\ty\tz\n"]))
    except asyncpg.PostgresError as error:
        failure("copy of bad rows", error)
    tell("after copies", await connection.fetchval("SELECT count(*) FROM copied"))


async def _lines(lines):
    for line in lines:
        yield line


async def errors(connection):
    for step, query, args in (
        ("syntax", "SELEC 1", ()),
        ("missing", "SELECT * FROM nowhere", ()),
        ("division", "SELECT 1 / $1::int", (0,)),
        ("unique", "INSERT INTO pair_of VALUES (1), (1)", ()),
    ):
        if step == "unique":
            await connection.execute("CREATE TEMP TABLE pair_of (i int UNIQUE)")
        try:
            await connection.fetch(query, *args)
        except asyncpg.PostgresError as error:
            failure(step, error)
    transaction = connection.transaction()
    await transaction.start()
    for query in ("SELECT 1 / 0", "SELECT 1"):
        try:
            await connection.execute(query)
        except asyncpg.PostgresError as error:
            failure("failed transaction", error)
    await transaction.rollback()
    try:
        await connection.executemany("SELECT 1 / $1::int", [(1,), (0,), (1,)])
    except asyncpg.PostgresError as error:
        failure("many with an error", error)
    async with connection.transaction(isolation="serializable", readonly=True):
        try:
            async with connection.transaction():
                await connection.execute("CREATE TABLE not_here ()")
        except asyncpg.PostgresError as error:
            failure("read only", error)
        tell("savepoint", await connection.fetchval("SELECT 1"))


async def messages(connection):
    heard = asyncio.Queue()
    connection.add_log_listener(lambda _, said: heard.put_nowait((said.severity, said.message)))
    await connection.execute("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$")
    tell("notices", [await heard.get(), await heard.get()])
    rung = asyncio.Queue()
    await connection.add_listener("bell", lambda _c, _pid, channel, payload: rung.put_nowait((channel, payload)))
    other = await asyncpg.connect(URL)
    await other.execute("SELECT pg_notify('bell', 'a'); SELECT pg_notify('bell', 'b')")
    await other.close()
    tell("notifications", [await asyncio.wait_for(rung.get(), 30) for _ in range(2)])


async def cancelled(connection):
    try:
        await connection.execute("SELECT pg_sleep(60)", timeout=2)
    except asyncio.TimeoutError:
        tell("timed out")
    tell("after timeout", await connection.fetchval("SELECT 1"))
    me = await connection.fetchval("SELECT pg_backend_pid()")
    task = asyncio.create_task(connection.fetch("SELECT pg_sleep(60)"))
    # A cancel request that comes before the query is lost.
    other = await asyncpg.connect(URL)
    begun = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid = $1 AND state = 'active'"
    while await other.fetchval(begun, me) != 1:
        pass
    await other.close()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        tell("cancelled")
    tell("after cancel", await connection.fetchval("SELECT 1"))


async def large(connection):
    data = bytes(range(256)) * (BIG // 256)
    tell("large bytes", digest(await connection.fetchval("SELECT $1::bytea", data)))
    text = "0123456789abcdef" * (BIG // 16)
    tell("large text", digest((await connection.fetchval("SELECT $1::text", text)).encode()))


async def main():
    connection = await asyncpg.connect(URL, server_settings={"application_name": "asyncpg", "TimeZone": "Asia/Tokyo"})
    settings = connection.get_settings()
    tell("settings", settings.TimeZone, settings.client_encoding, settings.application_name)
    for step in (values, cursors, copies, errors, messages, cancelled, large):
        await step(connection)
    await connection.reset()
    await connection.close()
    async with asyncpg.create_pool(URL, min_size=3, max_size=3) as pool:
        tell("pool", await asyncio.gather(*(pool.fetchval("SELECT $1::int", n) for n in range(10))))
    tell("done")


asyncio.run(main())
