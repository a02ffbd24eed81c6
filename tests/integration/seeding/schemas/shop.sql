-- A web shop: catalogue, stock, carts, coupons, orders, payments, returns, reviews.
-- Shapes: serial and identity keys, composite keys of junctions, a category tree, generated
-- totals, partial and expression uniques, PK = FK, a foreign key to a unique key (sku, country
-- code), state with its timestamps, money arithmetic, LIKE, regex, IN, CASE, implications,
-- a deferrable unique for ordering, lookup rows of currencies and shipping methods.

CREATE TYPE order_state AS ENUM ('cart', 'placed', 'paid', 'packed', 'shipped', 'delivered', 'cancelled', 'refunded');
CREATE TYPE payment_state AS ENUM ('pending', 'authorised', 'captured', 'failed', 'voided');
CREATE DOMAIN money_amount AS numeric(12, 2) CONSTRAINT money_amount_not_negative CHECK (VALUE >= 0);
CREATE DOMAIN percentage AS numeric(5, 2) CONSTRAINT percentage_range CHECK (VALUE BETWEEN 0 AND 100);

CREATE TABLE currencies (
    code char(3) PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
    name text NOT NULL UNIQUE,
    minor_units smallint NOT NULL DEFAULT 2 CHECK (minor_units IN (0, 2, 3))
);
INSERT INTO currencies (code, name, minor_units) VALUES
    ('EUR', 'Euro', 2),
    ('USD', 'US dollar', 2),
    ('GBP', 'Pound sterling', 2),
    ('JPY', 'Yen', 0),
    ('KWD', 'Kuwaiti dinar', 3);

CREATE TABLE shipping_methods (
    id smallint PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code = lower(code) AND code <> ''),
    base_price money_amount NOT NULL,
    min_days smallint NOT NULL,
    max_days smallint NOT NULL,
    CONSTRAINT shipping_methods_days CHECK (min_days > 0 AND max_days >= min_days AND max_days <= 60)
);
INSERT INTO shipping_methods VALUES
    (1, 'standard', 4.90, 2, 5),
    (2, 'express', 12.50, 1, 2),
    (3, 'pickup', 0, 1, 14);

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email varchar(254) NOT NULL CHECK (email ~* '^[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}$'),
    first_name varchar(80) NOT NULL CHECK (length(btrim(first_name)) > 0),
    last_name varchar(80) NOT NULL CHECK (length(btrim(last_name)) > 0),
    full_name text GENERATED ALWAYS AS (first_name || ' ' || last_name) STORED,
    phone varchar(20) CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    birth_date date CHECK (birth_date > DATE '1900-01-01' AND birth_date < DATE '2010-01-01'),
    locale varchar(5) NOT NULL DEFAULT 'en' CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    loyalty_points integer NOT NULL DEFAULT 0 CHECK (loyalty_points >= 0),
    marketing_opt_in boolean NOT NULL DEFAULT false,
    marketing_opt_in_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    CONSTRAINT customers_updated_after_created CHECK (updated_at >= created_at),
    CONSTRAINT customers_deleted_after_created CHECK (deleted_at IS NULL OR deleted_at >= created_at),
    CONSTRAINT customers_opt_in_has_time CHECK (marketing_opt_in = (marketing_opt_in_at IS NOT NULL))
);
CREATE UNIQUE INDEX customers_email_live ON customers (lower(email)) WHERE deleted_at IS NULL;

CREATE TABLE addresses (
    id bigserial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    label varchar(40) NOT NULL DEFAULT 'home',
    line1 varchar(120) NOT NULL,
    line2 varchar(120),
    city varchar(80) NOT NULL,
    postcode varchar(12) NOT NULL CHECK (postcode ~ '^[A-Z0-9][A-Z0-9 -]{1,10}$'),
    country char(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    is_default boolean NOT NULL DEFAULT false,
    UNIQUE (customer_id, id),
    CHECK (line2 IS NULL OR line2 <> line1)
);
CREATE UNIQUE INDEX addresses_one_default ON addresses (customer_id) WHERE is_default;

CREATE TABLE categories (
    id serial PRIMARY KEY,
    parent_id integer REFERENCES categories ON DELETE RESTRICT,
    slug varchar(80) NOT NULL CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name varchar(120) NOT NULL,
    position integer NOT NULL DEFAULT 0 CHECK (position >= 0),
    CHECK (parent_id IS NULL OR parent_id <> id)
);
CREATE UNIQUE INDEX categories_slug_per_parent ON categories (coalesce(parent_id, 0), slug);

CREATE TABLE brands (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL,
    website text CHECK (website LIKE 'https://%' AND char_length(website) <= 2000)
);
CREATE UNIQUE INDEX brands_name_ci ON brands (lower(name));

CREATE TABLE products (
    id bigserial PRIMARY KEY,
    brand_id integer REFERENCES brands ON DELETE SET NULL,
    category_id integer NOT NULL REFERENCES categories,
    name varchar(200) NOT NULL CHECK (char_length(name) BETWEEN 3 AND 200),
    slug varchar(220) NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]{3,}$' AND slug NOT LIKE '%--%'),
    description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'active', 'archived')),
    published_at timestamptz,
    archived_at timestamptz,
    tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 20 AND array_position(tags, NULL) IS NULL),
    attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    rating numeric(3, 2) CHECK (rating >= 1 AND rating <= 5),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT products_status_times CHECK (
        CASE status
            WHEN 'draft' THEN published_at IS NULL AND archived_at IS NULL
            WHEN 'active' THEN published_at IS NOT NULL AND archived_at IS NULL
            ELSE archived_at IS NOT NULL
        END),
    CONSTRAINT products_published_after_created CHECK (published_at >= created_at),
    CONSTRAINT products_archived_after_published CHECK (archived_at > published_at)
);

CREATE TABLE product_variants (
    id bigserial PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    sku varchar(32) NOT NULL CONSTRAINT product_variants_sku_key UNIQUE
        CONSTRAINT product_variants_sku_form CHECK (sku ~ '^[A-Z]{3}-[0-9]{4,8}(-[A-Z0-9]{1,6})?$'),
    ean char(13) UNIQUE CHECK (ean ~ '^\d{13}$'),
    price money_amount NOT NULL,
    compare_at_price money_amount,
    cost money_amount,
    margin numeric(12, 2) GENERATED ALWAYS AS (price - coalesce(cost, 0)) STORED,
    currency char(3) NOT NULL REFERENCES currencies,
    weight_g integer CHECK (weight_g > 0 AND weight_g < 200000),
    position smallint NOT NULL,
    CONSTRAINT product_variants_position UNIQUE (product_id, position) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT product_variants_sale CHECK (compare_at_price IS NULL OR compare_at_price > price),
    CONSTRAINT product_variants_margin CHECK (margin >= 0),
    CONSTRAINT product_variants_price CHECK (price > 0)
);

CREATE TABLE product_images (
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    position smallint NOT NULL CHECK (position >= 1),
    url text NOT NULL CHECK (url ~ '^https?://'),
    alt text NOT NULL DEFAULT '' CHECK (octet_length(alt) <= 500),
    width integer NOT NULL CHECK (width BETWEEN 1 AND 20000),
    height integer NOT NULL CHECK (height BETWEEN 1 AND 20000),
    PRIMARY KEY (product_id, position),
    CHECK (width::bigint * height <= 100000000)
);

CREATE TABLE warehouses (
    id smallserial PRIMARY KEY,
    code char(4) NOT NULL UNIQUE CHECK (code SIMILAR TO '[A-Z]{2}[0-9]{2}'),
    name varchar(80) NOT NULL,
    opens time NOT NULL DEFAULT '08:00',
    closes time NOT NULL DEFAULT '18:00',
    CHECK (closes > opens)
);

CREATE TABLE stock_levels (
    warehouse_id smallint NOT NULL REFERENCES warehouses,
    sku varchar(32) NOT NULL REFERENCES product_variants (sku) ON UPDATE CASCADE,
    on_hand integer NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    reserved integer NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    reorder_point integer NOT NULL DEFAULT 0,
    reorder_quantity integer NOT NULL DEFAULT 0,
    PRIMARY KEY (warehouse_id, sku),
    CONSTRAINT stock_levels_reserved CHECK (reserved <= on_hand),
    CONSTRAINT stock_levels_reorder CHECK (reorder_point >= 0 AND (reorder_point = 0 OR reorder_quantity > 0))
);

CREATE TABLE stock_movements (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    warehouse_id smallint NOT NULL,
    sku varchar(32) NOT NULL,
    quantity integer NOT NULL CHECK (quantity <> 0),
    reason text NOT NULL CHECK (reason IN ('purchase', 'sale', 'return', 'correction', 'loss')),
    happened_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (warehouse_id, sku) REFERENCES stock_levels,
    CONSTRAINT stock_movements_sign CHECK (
        (reason IN ('purchase', 'return') AND quantity > 0)
        OR (reason IN ('sale', 'loss') AND quantity < 0)
        OR reason = 'correction')
);

CREATE TABLE coupons (
    id serial PRIMARY KEY,
    code varchar(24) NOT NULL CHECK (code = upper(code) AND length(code) >= 4),
    percent_off percentage,
    amount_off money_amount,
    currency char(3) REFERENCES currencies,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    max_uses integer CHECK (max_uses > 0),
    used integer NOT NULL DEFAULT 0,
    CONSTRAINT coupons_code_key UNIQUE (code),
    CONSTRAINT coupons_one_kind CHECK (num_nonnulls(percent_off, amount_off) = 1),
    CONSTRAINT coupons_amount_currency CHECK ((amount_off IS NULL) = (currency IS NULL)),
    CONSTRAINT coupons_period CHECK (valid_until IS NULL OR valid_until > valid_from),
    CONSTRAINT coupons_uses CHECK (used >= 0 AND used <= coalesce(max_uses, 2147483647))
);

CREATE TABLE carts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id bigint REFERENCES customers ON DELETE CASCADE,
    session_token char(32) CHECK (session_token ~ '^[0-9a-f]{32}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '30 days',
    CHECK (customer_id IS NOT NULL OR session_token IS NOT NULL),
    CHECK (expires_at > created_at AND expires_at <= created_at + interval '90 days')
);

CREATE TABLE cart_items (
    cart_id uuid NOT NULL REFERENCES carts ON DELETE CASCADE,
    variant_id bigint NOT NULL REFERENCES product_variants,
    quantity smallint NOT NULL DEFAULT 1 CHECK (quantity BETWEEN 1 AND 99),
    PRIMARY KEY (cart_id, variant_id)
);

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100000) PRIMARY KEY,
    number varchar(16) NOT NULL UNIQUE CHECK (number ~ '^SO-20[0-9]{2}-[0-9]{6}$'),
    customer_id bigint NOT NULL,
    billing_address_id bigint NOT NULL,
    shipping_address_id bigint,
    coupon_id integer REFERENCES coupons,
    shipping_method_id smallint NOT NULL REFERENCES shipping_methods,
    currency char(3) NOT NULL REFERENCES currencies,
    state order_state NOT NULL DEFAULT 'cart',
    subtotal money_amount NOT NULL,
    discount money_amount NOT NULL DEFAULT 0,
    shipping money_amount NOT NULL DEFAULT 0,
    tax money_amount NOT NULL DEFAULT 0,
    total numeric(14, 2) GENERATED ALWAYS AS (subtotal - discount + shipping + tax) STORED,
    placed_at timestamptz,
    paid_at timestamptz,
    shipped_at timestamptz,
    delivered_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (customer_id) REFERENCES customers (id),
    FOREIGN KEY (customer_id, billing_address_id) REFERENCES addresses (customer_id, id),
    FOREIGN KEY (customer_id, shipping_address_id) REFERENCES addresses (customer_id, id),
    CONSTRAINT orders_discount CHECK (discount <= subtotal),
    CONSTRAINT orders_total CHECK (total >= 0),
    CONSTRAINT orders_placed CHECK (state = 'cart' OR placed_at IS NOT NULL),
    CONSTRAINT orders_paid CHECK (state NOT IN ('paid', 'packed', 'shipped', 'delivered', 'refunded') OR paid_at IS NOT NULL),
    CONSTRAINT orders_shipped CHECK (state NOT IN ('shipped', 'delivered') OR shipped_at IS NOT NULL),
    CONSTRAINT orders_delivered CHECK ((state = 'delivered') = (delivered_at IS NOT NULL)),
    CONSTRAINT orders_cancelled CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL)),
    CONSTRAINT orders_cancel_reason CHECK (cancel_reason IS NULL OR cancelled_at IS NOT NULL),
    CONSTRAINT orders_times CHECK (placed_at >= created_at AND paid_at >= placed_at AND shipped_at >= paid_at AND delivered_at >= shipped_at),
    CONSTRAINT orders_coupon CHECK (coupon_id IS NOT NULL OR discount = 0)
);
CREATE UNIQUE INDEX orders_one_open_cart ON orders (customer_id) WHERE state = 'cart';
CREATE INDEX orders_placed_at ON orders (placed_at) WHERE placed_at IS NOT NULL;

CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
    line_no smallint NOT NULL CHECK (line_no > 0),
    variant_id bigint NOT NULL REFERENCES product_variants,
    quantity integer NOT NULL CHECK (quantity > 0 AND quantity <= 1000),
    unit_price money_amount NOT NULL,
    discount money_amount NOT NULL DEFAULT 0,
    line_total numeric(16, 2) GENERATED ALWAYS AS (quantity * unit_price - discount) STORED,
    gift_message varchar(250),
    is_gift boolean NOT NULL DEFAULT false,
    PRIMARY KEY (order_id, line_no),
    UNIQUE (order_id, variant_id),
    CHECK (discount <= quantity * unit_price),
    CHECK (gift_message IS NULL OR is_gift)
);

CREATE TABLE payments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id bigint NOT NULL REFERENCES orders,
    method text NOT NULL CHECK (method IN ('card', 'transfer', 'wallet', 'invoice')),
    state payment_state NOT NULL DEFAULT 'pending',
    amount money_amount NOT NULL CHECK (amount > 0.00),
    captured_amount money_amount NOT NULL DEFAULT 0,
    card_last4 char(4) CHECK (card_last4 ~ '^[0-9]{4}$'),
    card_expires date,
    failure_code text,
    created_at timestamptz NOT NULL DEFAULT now(),
    captured_at timestamptz,
    CHECK (captured_amount <= amount),
    CHECK ((method = 'card' AND card_last4 IS NOT NULL AND card_expires IS NOT NULL)
        OR (method <> 'card' AND card_last4 IS NULL AND card_expires IS NULL)),
    CHECK (EXTRACT(day FROM card_expires) = 1),
    CHECK ((state = 'failed') = (failure_code IS NOT NULL)),
    CHECK (state <> 'captured' OR (captured_at IS NOT NULL AND captured_amount > 0)),
    CHECK (captured_at IS NULL OR captured_at >= created_at)
);
CREATE UNIQUE INDEX payments_one_captured ON payments (order_id) WHERE state = 'captured';

CREATE TABLE refunds (
    payment_id uuid PRIMARY KEY REFERENCES payments,
    amount money_amount NOT NULL CHECK (amount > 0),
    reason text NOT NULL CHECK (reason !~ '^\s*$'),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shipments (
    id bigserial PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    warehouse_id smallint NOT NULL REFERENCES warehouses,
    tracking_number varchar(40),
    carrier text,
    parcel_count smallint NOT NULL DEFAULT 1 CHECK (parcel_count BETWEEN 1 AND 50),
    weight_kg numeric(7, 3) CHECK (weight_kg > 0),
    window_start timestamptz,
    window_end timestamptz,
    UNIQUE NULLS NOT DISTINCT (carrier, tracking_number),
    CHECK ((carrier IS NULL) = (tracking_number IS NULL)),
    CHECK (window_end - window_start BETWEEN interval '1 hour' AND interval '12 hours'),
    CHECK (num_nulls(window_start, window_end) IN (0, 2))
);

CREATE TABLE returns (
    id bigserial PRIMARY KEY,
    order_id bigint NOT NULL,
    line_no smallint NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    condition text NOT NULL CHECK (condition = ANY (ARRAY['unopened', 'opened', 'damaged'])),
    accepted boolean,
    decided_at timestamptz,
    FOREIGN KEY (order_id, line_no) REFERENCES order_lines,
    CHECK ((accepted IS NULL) = (decided_at IS NULL))
);

CREATE TABLE reviews (
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    title varchar(120),
    body text CHECK (char_length(body) <= 5000),
    helpful integer NOT NULL DEFAULT 0 CHECK (helpful >= 0),
    votes integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product_id, customer_id),
    CHECK (helpful <= votes),
    CHECK (stars > 2 OR body IS NOT NULL)
);

CREATE TABLE wishlists (
    customer_id bigint PRIMARY KEY REFERENCES customers ON DELETE CASCADE,
    share_token text UNIQUE CHECK (length(share_token) = 22 AND share_token ~ '^[A-Za-z0-9_-]+$'),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE wishlist_items (
    customer_id bigint NOT NULL REFERENCES wishlists ON DELETE CASCADE,
    variant_id bigint NOT NULL REFERENCES product_variants ON DELETE CASCADE,
    added_at timestamptz NOT NULL DEFAULT now(),
    note varchar(200) CHECK (note <> ''),
    PRIMARY KEY (customer_id, variant_id)
);
