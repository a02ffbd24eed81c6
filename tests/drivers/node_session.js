// A session of node-postgres against the URL given. Prints what it saw, without process ids and times.
'use strict';

const { createHash } = require('crypto');
const { Readable } = require('stream');
const { pipeline } = require('stream/promises');
const { Client, Pool } = require('pg');
const { from: copyFrom, to: copyTo } = require('pg-copy-streams');
const Cursor = require('pg-cursor');

const URL = process.argv[2];
const BIG = 50 * 1024 * 1024;

const tell = (step, ...facts) => console.log(`${step}:`, ...facts.map((fact) => JSON.stringify(fact)));
const failure = (step, { severity, code, message, detail, hint, position }) =>
  tell(step, { severity, code, message, detail, hint, position });
const digest = (data) => [data.length, createHash('sha256').update(data).digest('hex')];

async function expectFailure(step, work) {
  try {
    await work();
    tell(step, 'no error');
  } catch (error) {
    failure(step, error);
  }
}

async function values(client) {
  for (let number = 0; number < 8; number += 1) {
    const { rows, fields } = await client.query({
      name: 'values',
      text: 'SELECT $1::int8 AS a, $2::text AS b, $3::numeric AS c, $4::bytea AS d, $5::int[] AS e, $6::jsonb AS f',
      values: [number, `text ${number} ü`, `${number}.50`, Buffer.alloc(number, number), [number], { n: number }],
    });
    tell('prepared', rows, fields.map((field) => [field.name, field.dataTypeID]));
  }
  tell('array rows', (await client.query({ text: 'SELECT 1, NULL', rowMode: 'array' })).rows);
  const several = await client.query('SELECT 1 AS a; SELECT 2 AS b; ');
  tell('several', several.map((result) => result.rows));
  tell('command', (await client.query('CREATE TEMP TABLE t (i int)')).command);
  tell('count', (await client.query('INSERT INTO t SELECT generate_series(1, 10)')).rowCount);
}

async function errors(client) {
  await expectFailure('syntax', () => client.query('SELEC 1'));
  await expectFailure('missing', () => client.query('SELECT * FROM nowhere'));
  await expectFailure('division', () => client.query('SELECT 1 / $1::int', [0]));
  await expectFailure('several with an error', () => client.query('SELECT 1; SELECT 1 / 0; SELECT 2'));
  await client.query('BEGIN');
  await expectFailure('in a transaction', () => client.query('SELECT 1 / 0'));
  await expectFailure('failed transaction', () => client.query('SELECT 1'));
  await client.query('ROLLBACK');
  const queued = ['SELECT 1 AS x', 'SELECT 1 / 0', 'SELECT 2 AS x'].map((text) => client.query(text));
  const ends = await Promise.allSettled(queued);
  tell('queued', ends.map((end) => end.value?.rows ?? end.reason.code));
}

async function cursors(client) {
  await client.query('BEGIN');
  await client.query('DECLARE walk CURSOR FOR SELECT i FROM generate_series(1, 1000) i');
  tell('cursor', (await client.query('FETCH 3 FROM walk')).rows);
  await client.query('MOVE 500 IN walk');
  tell('cursor moved', (await client.query('FETCH 2 FROM walk')).rows);
  await client.query('COMMIT');
  // A portal that is read in parts, left before its end, and struck by an error on the way.
  const walk = client.query(new Cursor('SELECT i FROM generate_series(1, $1::int) i', [1000]));
  tell('portal', await walk.read(3), (await walk.read(500)).length);
  await walk.close();
  const broken = client.query(new Cursor('SELECT 1 / (5 - i) AS x FROM generate_series(1, 9) i'));
  tell('portal before', await broken.read(3));
  await expectFailure('portal with an error', () => broken.read(3));
}

async function copies(client) {
  await client.query('CREATE TEMP TABLE copied (i int, t text)');
  const copy = (lines) => pipeline(Readable.from(lines), client.query(copyFrom('COPY copied FROM STDIN')));
  await copy(Array.from({ length: 20000 }, (_, number) => `${number}\trow ${number}\n`));
  const out = await client.query(copyTo('COPY (SELECT * FROM copied ORDER BY i) TO STDOUT')).toArray();
  tell('copy out', digest(Buffer.concat(out)));
  await expectFailure('copy of bad rows', () => copy(['x\ty\tz\n']));
  await expectFailure('copy of a query with an error', () =>
    pipeline(client.query(copyTo('COPY (SELECT 1 / (5 - i) FROM generate_series(1, 9) i) TO STDOUT')), async (rows) => {
      for await (const row of rows) tell('copied', row.toString());
    }));
  tell('after copies', (await client.query('SELECT count(*) FROM copied')).rows);
}

async function messages(client) {
  const heard = [];
  client.on('notice', (said) => heard.push([said.severity, said.message]));
  await client.query("DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two'; END $$");
  tell('notices', heard);
  await client.query('LISTEN bell');
  const rung = new Promise((resolve) => client.once('notification', resolve));
  const other = new Client({ connectionString: URL });
  await other.connect();
  await other.query("SELECT pg_notify('bell', 'ring')");
  await other.end();
  const { channel, payload } = await rung;
  tell('notification', channel, payload);
}

async function cancelled(client) {
  const { rows: [{ pid }] } = await client.query('SELECT pg_backend_pid() AS pid');
  const sleeping = expectFailure('cancelled', () => client.query('SELECT pg_sleep(60)'));
  const other = new Client({ connectionString: URL });
  await other.connect();
  const active = "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND query LIKE '%pg_sleep(60)'";
  while ((await other.query(active, [pid])).rowCount === 0);
  await other.end();
  // A cancel request goes over a connection of its own and gets no answer but its end, before which
  // it may strike a later query as well.
  const canceller = new Client({ connectionString: URL });
  const ended = new Promise((resolve) => canceller.connection.once('end', resolve));
  canceller.cancel(client, client._getActiveQuery());
  await Promise.all([sleeping, ended]);
  tell('after cancel', (await client.query('SELECT 1 AS x')).rows);
}

async function cancelledByServer(client) {
  await client.query("SET statement_timeout = '100ms'");
  await expectFailure('timed out', () => client.query('SELECT pg_sleep(60)'));
  await client.query('RESET statement_timeout');
}

async function large(client) {
  const data = Buffer.alloc(BIG, '0123456789abcdef');
  const { rows: [row] } = await client.query('SELECT $1::bytea AS d, length($1::bytea) AS n', [data]);
  tell('large bytes', digest(row.d), row.n);
  const { rows: [made] } = await client.query("SELECT repeat('ab', $1) AS t", [BIG / 2]);
  tell('large text', digest(made.t));
}

async function main() {
  const client = new Client({ connectionString: URL, application_name: 'node' });
  await client.connect();
  tell('settings', (await client.query("SELECT current_setting('application_name') AS a")).rows);
  for (const step of [values, errors, cursors, copies, messages, cancelled, cancelledByServer, large]) await step(client);
  await client.end();
  const pool = new Pool({ connectionString: URL, max: 4 });
  const numbers = [...Array(20).keys()];
  const rows = await Promise.all(numbers.map((n) => pool.query('SELECT $1::int AS n', [n])));
  tell('pool', rows.map((result) => result.rows[0].n));
  await pool.end();
  tell('done');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
