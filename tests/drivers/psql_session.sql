-- A session of psql: what it prints is compared between two runs.
\set VERBOSITY verbose
\pset pager off
\encoding
SHOW application_name;
SELECT 1 AS one, NULL AS nothing, 'ü' AS letter, 1.50::numeric, ARRAY[1, 2], '{"a": 1}'::jsonb;
SELECT 1 \; SELECT 2 \; SELECT 3;
PREPARE twice (int) AS SELECT $1 * 2 AS twice;
EXECUTE twice (21);
EXECUTE twice (4);
DEALLOCATE twice;
SELECT 'SELECT ' || i FROM generate_series(1, 3) i \gexec
SELECT 1 AS a, 'x' AS b \gdesc
SELECT 42 AS answer \gset
\echo :answer
BEGIN;
DECLARE walk SCROLL CURSOR FOR SELECT i FROM generate_series(1, 100) i;
FETCH 3 FROM walk;
FETCH ABSOLUTE 50 FROM walk;
FETCH BACKWARD 2 FROM walk;
CLOSE walk;
COMMIT;
\set FETCH_COUNT 100
SELECT count(*), sum(length(t)) FROM (SELECT repeat('x', i) AS t FROM generate_series(1, 1000) i) s;
SELECT i FROM generate_series(1, 250) i \g | md5sum
\unset FETCH_COUNT
CREATE TEMP TABLE copied (i int, t text);
COPY copied FROM STDIN;
1	one
2	two \t tab
3	\N
\.
\copy (SELECT i, repeat(i::text, 3) FROM generate_series(4, 20000) i) TO PROGRAM 'cat > copied.tmp'
\copy copied FROM 'copied.tmp'
\copy (SELECT * FROM copied ORDER BY i LIMIT 5) TO STDOUT
COPY (SELECT * FROM copied ORDER BY i) TO STDOUT \g | md5sum
COPY copied FROM STDIN;
not	good
\.
SELECT count(*) FROM copied;
\lo_import 'copied.tmp'
\lo_export :LASTOID 'exported.tmp'
\! cmp copied.tmp exported.tmp && echo same
\lo_unlink :LASTOID
DO $$ BEGIN RAISE NOTICE 'one'; RAISE WARNING 'two' USING HINT = 'three'; END $$;
LISTEN bell;
NOTIFY bell, 'ring';
SELECT 1 / 0;
SELECT 'before' \; SELECT 1 / 0 \; SELECT 'skipped';
SELECT *
FROM nowhere;
SELEC 1;
\errverbose
BEGIN;
SELECT 1 / 0;
SELECT 1;
ROLLBACK;
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT 1 / 0;
SELECT 'kept';
COMMIT;
SET TimeZone = 'Asia/Tokyo';
SELECT '2024-01-01 00:00+00'::timestamptz;
SELECT repeat('0123456789abcdef', 3276800) \g | md5sum
SELECT 'psql' AS done;
