CREATE SCHEMA billing;
CREATE SCHEMA "Odd Name";
CREATE COLLATION billing.swedish (provider = libc, locale = 'C');
CREATE DOMAIN billing.email AS text COLLATE billing.swedish DEFAULT 'nobody@example.org' NOT NULL
    CONSTRAINT has_at CHECK (VALUE ~ '@') CONSTRAINT short CHECK (length(VALUE) < 200);
CREATE TYPE billing.mood AS ENUM ('good', 'so so', 'Bad');
CREATE TYPE billing.address AS (street text COLLATE "C", zip varchar(10));
CREATE TYPE billing.price_range AS RANGE (subtype = numeric);
CREATE SEQUENCE billing.invoice_number AS integer START 1000 INCREMENT 5 MINVALUE 10 MAXVALUE 100000 CACHE 7 CYCLE;
CREATE TABLE public.customer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    legacy serial,
    email billing.email,
    name varchar(80) COLLATE "C" NOT NULL,
    lower_name text GENERATED ALWAYS AS (lower(name)) STORED,
    mood billing.mood[] DEFAULT '{good}',
    home billing.address,
    UNIQUE (email, name),
    CONSTRAINT named CHECK (name <> '' AND length(name) > 1)
);
CREATE TABLE billing.invoice (
    customer bigint NOT NULL,
    number integer DEFAULT nextval('billing.invoice_number'),
    due date,
    room int,
    period tstzrange,
    note text,
    PRIMARY KEY (customer, number),
    CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES public.customer MATCH FULL
        ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT no_overlap EXCLUDE USING gist (int4range(room, room, '[]') WITH &&, period WITH &&)
);
ALTER TABLE billing.invoice ADD CONSTRAINT late CHECK (due > '2000-01-01') NOT VALID;
CREATE UNIQUE INDEX one_note ON billing.invoice (lower(note), due DESC) INCLUDE (room) WHERE note IS NOT NULL;
CREATE TABLE public.event (at timestamptz NOT NULL, kind text NOT NULL, payload jsonb, PRIMARY KEY (at, kind))
    PARTITION BY RANGE (at);
CREATE TABLE public.event_2024 PARTITION OF public.event FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE public.event_rest PARTITION OF public.event DEFAULT;
CREATE INDEX event_kind ON public.event (kind);
CREATE TABLE public.base (a int CHECK (a > 0));
CREATE TABLE public.derived (b int) INHERITS (public.base);
CREATE UNLOGGED TABLE "Odd Name"."Odd ""Table""" ("Some Column" int, plain int);
CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION public.twice(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a * 2';
CREATE FUNCTION public.twice(a numeric, times int DEFAULT 2) RETURNS numeric LANGUAGE sql AS 'SELECT a * times';
CREATE PROCEDURE billing.close_month(month date) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE billing.total (numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = '0');
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON public.customer FOR EACH ROW EXECUTE FUNCTION public.stamp();
ALTER TABLE public.customer DISABLE TRIGGER stamp;
CREATE TRIGGER on_event AFTER INSERT ON public.event FOR EACH ROW EXECUTE FUNCTION public.stamp();
ALTER TABLE public.customer ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.customer FORCE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON public.customer AS RESTRICTIVE FOR UPDATE USING (id > 0) WITH CHECK (id > 1);
CREATE VIEW billing.open_invoice WITH (security_barrier = true) AS SELECT i.number, c.name
    FROM billing.invoice i JOIN public.customer c ON c.id = i.customer WHERE i.due IS NULL;
CREATE TRIGGER instead INSTEAD OF DELETE ON billing.open_invoice FOR EACH ROW EXECUTE FUNCTION public.stamp();
CREATE MATERIALIZED VIEW billing.per_customer AS SELECT c.name, count(*) AS invoices
    FROM billing.invoice i JOIN public.customer c ON c.id = i.customer GROUP BY c.name;
CREATE UNIQUE INDEX per_customer_key ON billing.per_customer (name);
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE public.remote (id int NOT NULL) SERVER far;
