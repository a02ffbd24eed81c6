-- References of every shape. The column rid tells the rows of each table apart.
CREATE TABLE regions (rid int PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE customers (rid int PRIMARY KEY, region text REFERENCES regions (code), email text NOT NULL,
  boss int REFERENCES customers, favourite int, favourite_placed date, CHECK (boss <> rid));
CREATE TABLE orders (rid int, placed date, customer int NOT NULL REFERENCES customers, PRIMARY KEY (rid, placed))
  PARTITION BY RANGE (placed);
CREATE TABLE orders_old PARTITION OF orders FOR VALUES FROM (MINVALUE) TO ('2025-01-01') PARTITION BY HASH (rid);
CREATE TABLE orders_old_0 PARTITION OF orders_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE orders_old_1 PARTITION OF orders_old FOR VALUES WITH (MODULUS 2, REMAINDER 1);
-- Its columns lie in another order than its root's.
CREATE TABLE orders_new (placed date NOT NULL, customer int NOT NULL, rid int NOT NULL);
ALTER TABLE orders ATTACH PARTITION orders_new DEFAULT;
-- A circle of two tables, by a key of two columns of which one may be NULL.
ALTER TABLE customers ADD CONSTRAINT favourites FOREIGN KEY (favourite, favourite_placed) REFERENCES orders;
CREATE TABLE products (rid int, name citext PRIMARY KEY);
-- No primary key, and two parents.
CREATE TABLE lines (rid int, order_rid int NOT NULL, order_placed date NOT NULL, product citext REFERENCES products,
  FOREIGN KEY (order_rid, order_placed) REFERENCES orders);
CREATE TABLE images (rid int PRIMARY KEY, product citext REFERENCES products);
CREATE TABLE tree (rid int PRIMARY KEY, parent int REFERENCES tree, customer int REFERENCES customers);
-- Refers to customers by the rules only, with NULLs and with customers that are not there.
CREATE TABLE visits (rid int, who bigint);
CREATE TABLE audit_log (rid int PRIMARY KEY, customer int REFERENCES customers);
CREATE TABLE audit_notes (rid int PRIMARY KEY, entry int REFERENCES audit_log);
CREATE TABLE currencies (rid int PRIMARY KEY, region text REFERENCES regions (code));
CREATE TABLE settings (rid int);
-- A table that another inherits from: their rows are apart.
CREATE TABLE notes (rid int, customer int REFERENCES customers);
CREATE TABLE old_notes (FOREIGN KEY (customer) REFERENCES customers) INHERITS (notes);

INSERT INTO regions SELECT n, 'r' || n FROM generate_series(0, 60) n;
INSERT INTO customers SELECT n, CASE WHEN n % 7 > 0 THEN 'r' || n % 37 END, 'canary' || n || '@corp.example',
    CASE WHEN n % 5 > 0 AND n > 10 THEN n / 3 END FROM generate_series(1, 3000) n;
INSERT INTO orders SELECT n, date '2024-06-01' + n % 400, n * 13 % 3000 + 1 FROM generate_series(1, 9000) n;
UPDATE customers c SET favourite = o.rid, favourite_placed = CASE WHEN o.rid % 4 > 0 THEN o.placed END
  FROM orders o WHERE o.rid = c.rid * 2 AND c.rid % 3 = 0;
INSERT INTO products SELECT n, 'Product ' || n FROM generate_series(1, 500) n;
INSERT INTO lines SELECT o.rid * 10 + n, o.rid, o.placed,
    CASE WHEN n < 2 THEN upper('product ' || (o.rid * 31 + n) % 500 + 1) END
  FROM orders o, generate_series(0, 2) n;
INSERT INTO images SELECT n, 'PRODUCT ' || n FROM generate_series(1, 500) n;
INSERT INTO tree SELECT n, CASE WHEN n > 20 THEN n - 1 - n % 17 END, CASE WHEN n % 50 = 0 THEN n % 3000 + 1 END
  FROM generate_series(1, 4000) n;
INSERT INTO visits SELECT n, CASE WHEN n % 6 > 0 THEN n % 3500 END FROM generate_series(1, 7000) n;
INSERT INTO audit_log SELECT n, n % 3000 + 1 FROM generate_series(1, 5000) n;
INSERT INTO audit_notes SELECT n, n FROM generate_series(1, 900) n;
INSERT INTO currencies SELECT n, 'r' || n FROM generate_series(30, 40) n;
INSERT INTO settings SELECT n FROM generate_series(1, 5) n;
INSERT INTO notes SELECT n, n % 3000 + 1 FROM generate_series(1, 2000) n;
INSERT INTO old_notes SELECT n, n % 3000 + 1 FROM generate_series(1, 2500) n;
-- Row versions that are gone, so that places are not what they were first.
UPDATE lines SET product = product WHERE rid % 11 = 0;
DELETE FROM notes WHERE rid % 9 = 0;
CREATE ROLE reader LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
