CREATE SCHEMA "Odd ""Schema""";
CREATE SCHEMA "ünï";
CREATE ROLE shapes_reader NOLOGIN;
CREATE EXTENSION citext;

-- Generated, identity, serial, keys of several kinds.
CREATE TABLE person (
    id bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 3) PRIMARY KEY,
    legacy serial UNIQUE,
    email citext UNIQUE,
    name text NOT NULL,
    initial text GENERATED ALWAYS AS (upper(left(name, 1))) STORED,
    boss bigint REFERENCES person,
    born date CHECK (born > '1900-01-01'),
    dropped int,
    note text DEFAULT 'none'
);
ALTER TABLE person DROP COLUMN dropped;
INSERT INTO person (email, name, boss, born)
    SELECT 'P' || n || '@Corp.example', 'name ' || n, CASE WHEN n > 1 THEN 100 + 3 * (n / 2 - 1) END, date '1970-01-01' + n
      FROM generate_series(1, 500) n WHERE n <> 1 OR true;
CREATE INDEX person_name ON person (lower(name)) WHERE note IS NOT NULL;
CREATE STATISTICS person_stats ON name, born FROM person;

CREATE TABLE "Odd ""Schema"""."Täble 'x'" ("sp ace" text, "quo""te" int, "select" int, "ünï" text, "tab	" text);
INSERT INTO "Odd ""Schema"""."Täble 'x'" SELECT 'a' || n, n, n, 'ü' || n, E't\t' || n FROM generate_series(1, 50) n;

-- Partitions: by range, list, hash, nested, by an expression, with a default.
CREATE TABLE event (id bigint, at timestamptz NOT NULL, kind text NOT NULL, who text) PARTITION BY RANGE (at);
CREATE TABLE event_2023 PARTITION OF event FOR VALUES FROM ('2023-01-01') TO ('2024-01-01') PARTITION BY LIST (kind);
CREATE TABLE event_2023_a PARTITION OF event_2023 FOR VALUES IN ('a');
CREATE TABLE event_2023_rest PARTITION OF event_2023 DEFAULT;
CREATE TABLE event_2024 (who text, kind text NOT NULL, gone int, at timestamptz NOT NULL, id bigint);
ALTER TABLE event_2024 DROP COLUMN gone;
ALTER TABLE event ATTACH PARTITION event_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
INSERT INTO event SELECT n, timestamptz '2022-06-01' + n * interval '1 day', chr(97 + n % 3), 'who ' || n
  FROM generate_series(1, 1200) n;
CREATE TABLE spread (id int PRIMARY KEY, who text) PARTITION BY HASH (id);
CREATE TABLE spread_0 PARTITION OF spread FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE spread_1 PARTITION OF spread FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO spread SELECT n, 'who ' || n FROM generate_series(1, 300) n;
CREATE TABLE computed (id int, who text) PARTITION BY LIST ((id % 2));
CREATE TABLE computed_0 PARTITION OF computed FOR VALUES IN (0);
CREATE TABLE computed_1 PARTITION OF computed FOR VALUES IN (1);
INSERT INTO computed SELECT n, 'who ' || n FROM generate_series(1, 100) n;
-- Its key is masked.
CREATE TABLE moved (who text, amount int) PARTITION BY RANGE (who);
CREATE TABLE moved_m PARTITION OF moved FOR VALUES FROM (MINVALUE) TO ('m');
CREATE TABLE moved_z PARTITION OF moved FOR VALUES FROM ('m') TO (MAXVALUE);
INSERT INTO moved SELECT 'who ' || n, n FROM generate_series(1, 200) n;

CREATE TABLE base (a int CHECK (a > 0), secret text);
CREATE TABLE derived (b int) INHERITS (base);
INSERT INTO base SELECT n, 'base ' || n FROM generate_series(1, 20) n;
INSERT INTO derived SELECT n, 'derived ' || n, -n FROM generate_series(1, 30) n;

CREATE UNLOGGED TABLE "ünï".queue (job text, secret text);
INSERT INTO "ünï".queue SELECT 'job', 'secret ' || n FROM generate_series(1, 10) n;
CREATE TABLE no_rows (id int, secret text);
CREATE TABLE no_columns ();
INSERT INTO no_columns SELECT FROM generate_series(1, 7);
CREATE TABLE structure_only (id serial, secret text);
INSERT INTO structure_only (secret) VALUES ('never');
CREATE TABLE twice (id int, secret text);
INSERT INTO twice SELECT 1, 'same' FROM generate_series(1, 5);

CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE of_pair (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES pair MATCH FULL DEFERRABLE INITIALLY DEFERRED);
INSERT INTO pair SELECT n, n + 1 FROM generate_series(1, 40) n;
INSERT INTO of_pair SELECT n, n, n + 1 FROM generate_series(1, 40) n;
ALTER TABLE pair ADD CONSTRAINT late CHECK (a < 10) NOT VALID;
CREATE TABLE room (room int, during tsrange, EXCLUDE USING gist (int4range(room, room, '[]') WITH &&, during WITH &&));
INSERT INTO room SELECT n, '[2020-01-01,2020-01-02)' FROM generate_series(1, 9) n;

-- What computes, acts and reaches out.
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note = 'triggered'; RETURN NEW; END $$;
CREATE TRIGGER stamp BEFORE INSERT ON person FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE RULE ignore AS ON INSERT TO twice DO INSTEAD NOTHING;
CREATE VIEW people AS SELECT id, name FROM person;
CREATE MATERIALIZED VIEW per_kind AS SELECT kind, count(*) AS n, min(who) AS who FROM event GROUP BY kind;
CREATE UNIQUE INDEX per_kind_key ON per_kind (kind);
CREATE MATERIALIZED VIEW over_view AS SELECT sum(n) AS n FROM per_kind;
CREATE MATERIALIZED VIEW never_filled AS SELECT 1 AS one WITH NO DATA;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 'mapping password');
CREATE FOREIGN TABLE remote (id int) SERVER far;
CREATE MATERIALIZED VIEW of_remote AS SELECT id FROM remote WITH NO DATA;
CREATE PUBLICATION everything FOR TABLE person;
COMMENT ON PUBLICATION everything IS 'out';
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER on_ddl ON ddl_command_end EXECUTE FUNCTION on_ddl();
ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON person TO shapes_reader USING (id > 0);
GRANT SELECT ON person TO shapes_reader;
SELECT lo_create(0), lo_create(0);
