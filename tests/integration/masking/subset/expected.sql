-- Which rows a subset must have, by values and without a thought for speed.
CREATE TABLE picked (t text, rid int, pulls bool NOT NULL, PRIMARY KEY (t, rid));
CREATE TABLE edges (child text, parent text, joined text, down bool);
INSERT INTO edges VALUES
  ('customers', 'regions', 'c.region = p.code', false),
  ('currencies', 'regions', 'c.region = p.code', false),
  ('customers', 'customers', 'c.boss = p.rid', true),
  ('customers', 'orders', 'c.favourite = p.rid AND c.favourite_placed = p.placed', true),
  ('orders', 'customers', 'c.customer = p.rid', true),
  ('lines', 'orders', 'c.order_rid = p.rid AND c.order_placed = p.placed', true),
  ('lines', 'products', 'lower(c.product::text) = lower(p.name::text)', false),
  ('tree', 'tree', 'c.parent = p.rid', true),
  ('tree', 'customers', 'c.customer = p.rid', true),
  ('visits', 'customers', 'c.who = p.rid', true),
  ('notes', 'customers', 'c.customer = p.rid', true),
  ('old_notes', 'customers', 'c.customer = p.rid', true);
CREATE FUNCTION close() RETURNS void LANGUAGE plpgsql AS $$
DECLARE e edges; n bigint; changed bigint;
BEGIN
  LOOP
    changed := 0;
    FOR e IN SELECT * FROM edges LOOP
      IF e.down THEN
        EXECUTE format('INSERT INTO picked SELECT DISTINCT %1$L, c.rid, true FROM only_%1$s c JOIN only_%2$s p ON %3$s
          JOIN picked k ON k.t = %2$L AND k.rid = p.rid AND k.pulls
          ON CONFLICT (t, rid) DO UPDATE SET pulls = true WHERE NOT picked.pulls', e.child, e.parent, e.joined);
        GET DIAGNOSTICS n = ROW_COUNT;
        changed := changed + n;
      END IF;
      EXECUTE format('INSERT INTO picked SELECT DISTINCT %2$L, p.rid, false FROM only_%1$s c JOIN only_%2$s p ON %3$s
        JOIN picked k ON k.t = %1$L AND k.rid = c.rid ON CONFLICT DO NOTHING', e.child, e.parent, e.joined);
      GET DIAGNOSTICS n = ROW_COUNT;
      changed := changed + n;
    END LOOP;
    EXIT WHEN changed = 0;
  END LOOP;
END $$;
-- The rows of each table without those that inherit from it.
CREATE VIEW only_regions AS SELECT * FROM regions;
CREATE VIEW only_customers AS SELECT * FROM customers;
CREATE VIEW only_orders AS SELECT * FROM orders;
CREATE VIEW only_products AS SELECT * FROM products;
CREATE VIEW only_lines AS SELECT * FROM lines;
CREATE VIEW only_tree AS SELECT * FROM tree;
CREATE VIEW only_visits AS SELECT * FROM visits;
CREATE VIEW only_currencies AS SELECT * FROM currencies;
CREATE VIEW only_notes AS SELECT * FROM ONLY notes;
CREATE VIEW only_old_notes AS SELECT * FROM old_notes;
