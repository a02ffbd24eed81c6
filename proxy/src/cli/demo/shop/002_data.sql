-- Rows for the shop. Every value is a function of the row's number, so each run makes the same ones;
-- addresses are under example.org and phone numbers in ranges reserved for fiction.
-- The number of customers; everything else follows from it.
SELECT set_config('shop.customers', coalesce(nullif(current_setting('shop.customers', true), ''), '2000'), false);

INSERT INTO customers (full_name, email, phone, born, region, notes, created_at)
SELECT first || ' ' || last,
       lower(first || '.' || last || '.' || n) || '@example.org',
       '+1 555 01' || lpad((n % 100)::text, 2, '0'),
       date '1945-01-01' + (hashint4(n) & 2147483647) % 22000,
       (ARRAY['EU', 'US', 'APAC'])[1 + (hashint4(n + 7) & 2147483647) % 3],
       CASE WHEN n % 9 = 0 THEN 'called about a late parcel, asked for ' || first END,
       timestamptz '2023-01-01 00:00+00' + n * interval '11 minutes'
FROM generate_series(1, current_setting('shop.customers')::int) AS n,
     LATERAL (SELECT (ARRAY['Ada', 'Ben', 'Chloe', 'Dmitri', 'Elif', 'Femi', 'Grace', 'Hiro', 'Ines',
                            'Jonas', 'Kavya', 'Liam', 'Mina', 'Noor', 'Oscar', 'Priya'])
                     [1 + (hashint4(n + 1) & 2147483647) % 16] AS first,
                     (ARRAY['Adler', 'Bianchi', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'Garcia',
                            'Haddad', 'Ivanov', 'Jansen', 'Kowalski', 'Lindqvist', 'Moreau',
                            'Novak', 'Okafor', 'Petrov'])
                     [1 + (hashint4(n + 2) & 2147483647) % 16] AS last) AS person;

INSERT INTO addresses (customer_id, kind, street, city, postcode)
SELECT c.id, kind, 1 + (hashint8(c.id) & 2147483647) % 180 || ' ' ||
       (ARRAY['Mill Lane', 'Harbour Street', 'Station Road', 'Church Hill', 'Garden Way'])
       [1 + (hashint8(c.id + 3) & 2147483647) % 5],
       (ARRAY['Lisbon', 'Ghent', 'Bergen', 'Austin', 'Osaka', 'Perth', 'Graz', 'Turku'])
       [1 + (hashint8(c.id + 5) & 2147483647) % 8],
       lpad(((hashint8(c.id + 9) & 2147483647) % 100000)::text, 5, '0')
FROM customers c, unnest(ARRAY['billing', 'shipping']) AS kind
WHERE kind = 'billing' OR c.id % 4 = 0;

INSERT INTO products (sku, name, price, tags)
SELECT 'SKU-' || lpad(n::text, 5, '0'),
       (ARRAY['Linen', 'Oak', 'Copper', 'Wool', 'Glass'])[1 + n % 5] || ' ' ||
       (ARRAY['lamp', 'table', 'bowl', 'blanket', 'chair', 'shelf', 'clock'])[1 + n % 7],
       round((5 + 2 ^ (1 + (hashint4(n) & 2147483647) % 900 / 100.0))::numeric, 2),
       ARRAY[(ARRAY['new', 'sale', 'classic'])[1 + n % 3]]
FROM generate_series(1, 500) AS n;

INSERT INTO orders (customer_id, status, placed_at, shipped_at)
SELECT 1 + floor(power((hashint4(n) & 2147483647) / 2147483648.0, 2)
                 * current_setting('shop.customers')::int)::bigint,
       status,
       placed,
       CASE WHEN status IN ('shipped', 'delivered') THEN placed + interval '26 hours' END
FROM generate_series(1, 2 * current_setting('shop.customers')::int) AS n,
     LATERAL (SELECT timestamptz '2024-01-01 00:00+00' + n * interval '7 minutes' AS placed,
                     (enum_range(NULL::order_status))[1 + (hashint4(n + 4) & 2147483647) % 5]
                     AS status) AS o;

INSERT INTO order_items (order_id, position, product_id, quantity, price)
SELECT o.id, position, p.id, 1 + (hashint8(o.id + position) & 2147483647) % 4, p.price
FROM orders o,
     generate_series(1, 1 + (hashint8(o.id) & 2147483647)::int % 4) AS position,
     LATERAL (SELECT 1 + (hashint8(o.id * 31 + position) & 2147483647) % 500 AS product) AS pick
JOIN products p ON p.id = pick.product;

INSERT INTO payments (order_id, method, card_last, amount, paid_at)
SELECT o.id, method,
       CASE WHEN method = 'card' THEN lpad(((hashint8(o.id) & 2147483647) % 10000)::text, 4, '0') END,
       sum(i.quantity * i.price), o.placed_at + interval '3 minutes'
FROM orders o JOIN order_items i ON i.order_id = o.id,
     LATERAL (SELECT (ARRAY['card', 'card', 'card', 'invoice', 'transfer'])
                     [1 + (hashint8(o.id + 8) & 2147483647) % 5] AS method) AS m
WHERE o.status NOT IN ('placed', 'cancelled')
GROUP BY o.id, method;

ANALYZE;
