-- CHECKs as schemas in use have them: one table per kind of software.

CREATE TYPE mood AS ENUM ('new', 'paid', 'sent', 'closed');
CREATE DOMAIN email AS text CHECK (VALUE ~* '^[^@\s]+@[^@\s]+\.[a-z]{2,}$');
CREATE DOMAIN year AS integer CONSTRAINT year_check CHECK (VALUE >= 1901 AND VALUE <= 2155);
CREATE DOMAIN slug AS varchar(40) CHECK (VALUE ~ '^[a-z0-9]+(-[a-z0-9]+)*$') CHECK (length(VALUE) >= 3);
CREATE DOMAIN short_slug AS slug NOT NULL CHECK (char_length(VALUE) <= 12);
CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN posint AS integer CHECK (VALUE > 0);

CREATE TABLE shop_product (
    id bigint PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    sku varchar(20) CHECK (sku ~ '^[A-Z]{2,3}-\d{4,6}$'),
    color varchar(15),
    size char(1) CHECK (size IN ('S', 'M', 'L', 'X')),
    class char(2) CHECK (upper(class::text) = ANY (ARRAY['L', 'M', 'H']) OR class IS NULL),
    standard_cost numeric(19,4) NOT NULL CHECK (standard_cost >= 0.00),
    list_price numeric(19,4) NOT NULL CHECK (list_price >= 0.00),
    safety_stock smallint NOT NULL CHECK (safety_stock > 0),
    weight numeric(8,2) CHECK (weight > 0.00),
    days integer CHECK (days >= 0),
    sell_start timestamp NOT NULL,
    sell_end timestamp,
    discount percent,
    rating float8 CHECK (rating >= 0 AND rating <= 5),
    CHECK (sell_end >= sell_start OR sell_end IS NULL),
    CHECK (list_price >= standard_cost)
);

CREATE TABLE shop_order (
    id bigint PRIMARY KEY,
    status mood NOT NULL,
    order_date date NOT NULL,
    due_date date NOT NULL,
    ship_date date,
    paid_at timestamptz,
    closed_at timestamptz,
    subtotal numeric(12,2) NOT NULL CHECK (subtotal >= 0),
    tax numeric(12,2) NOT NULL CHECK (tax >= 0),
    freight numeric(12,2) NOT NULL CHECK (freight >= 0),
    total numeric(14,2) NOT NULL,
    currency char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    priority smallint NOT NULL CHECK (priority IN (1, 2, 3, 5, 8)),
    CHECK (due_date >= order_date),
    CHECK (ship_date >= order_date OR ship_date IS NULL),
    CHECK (total = subtotal + tax + freight),
    CHECK (status <> 'paid' OR paid_at IS NOT NULL),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK (due_date - order_date <= 90)
);

CREATE TABLE shop_line (
    id bigint PRIMARY KEY,
    qty smallint NOT NULL CHECK (qty > 0),
    unit_price numeric(10,2) NOT NULL CHECK (unit_price >= 0),
    discount numeric(4,3) NOT NULL DEFAULT 0 CHECK (discount >= 0 AND discount < 1),
    amount numeric(14,2) NOT NULL,
    received numeric(8,2) NOT NULL CHECK (received >= 0),
    rejected numeric(8,2) NOT NULL CHECK (rejected >= 0),
    CHECK (amount = qty * unit_price),
    CHECK (rejected <= received)
);

CREATE TABLE hr_employee (
    id bigint PRIMARY KEY,
    login text NOT NULL CHECK (login = lower(login)),
    birth_date date NOT NULL CHECK (birth_date >= '1930-01-01' AND birth_date <= now() - INTERVAL '18 years'),
    hire_date date NOT NULL CHECK (hire_date >= '1996-07-01' AND hire_date <= now() + INTERVAL '1 day'),
    marital char(1) NOT NULL CHECK (upper(marital::text) IN ('M', 'S')),
    gender char(1) NOT NULL CHECK (gender = 'M' OR gender = 'F'),
    vacation smallint NOT NULL CHECK (vacation >= -40 AND vacation <= 240),
    sick smallint NOT NULL CHECK (sick BETWEEN 0 AND 120),
    pay_frequency smallint CHECK (pay_frequency IN (1, 2)),
    rate numeric(10,4) CHECK (rate >= 6.50 AND rate <= 200.00),
    commission float8 CHECK (commission >= 0.0),
    start_time time,
    end_time time,
    manager_id bigint,
    CHECK (manager_id <> id),
    CHECK (start_time < end_time),
    CHECK (hire_date > birth_date + 365 * 16)
);

CREATE TABLE forge_project (
    id bigint PRIMARY KEY,
    name text CHECK (char_length(name) <= 255),
    path slug NOT NULL,
    alias short_slug,
    description text CHECK (char_length(description) <= 2000),
    sha bytea CHECK (octet_length(sha) = 20),
    hex text CHECK (hex ~ '^[0-9a-f]{40}$'),
    project_id bigint,
    group_id bigint,
    namespace_id bigint,
    reason smallint NOT NULL CHECK (reason >= 0 AND reason <= 7),
    url text CHECK (url ~ '^https?://[^\s]+$' AND char_length(url) <= 512),
    settings jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
    labels text[] NOT NULL CHECK (cardinality(labels) <= 10),
    started_at timestamptz,
    finished_at timestamptz,
    weights integer[] CHECK (array_length(weights, 1) >= 1 AND array_length(weights, 1) <= 5),
    CHECK (num_nonnulls(project_id, group_id, namespace_id) = 1),
    CHECK ((started_at IS NULL) OR (finished_at IS NULL) OR (finished_at >= started_at)),
    CHECK (name IS NOT NULL OR description IS NOT NULL),
    CHECK (settings ? 'version')
);

CREATE TABLE forge_approval (
    id bigint PRIMARY KEY,
    user_id bigint,
    team_id bigint,
    ldap_cn text,
    ldap_filter text,
    access_level integer CHECK (access_level = ANY (ARRAY[0, 10, 20, 30, 40, 50])),
    required integer NOT NULL CHECK (required BETWEEN 0 AND 100),
    given integer NOT NULL CHECK (given >= 0),
    CHECK (((user_id IS NOT NULL)::integer + (team_id IS NOT NULL)::integer) = 1),
    CHECK ((ldap_cn IS NULL) <> (ldap_filter IS NULL)),
    CHECK (given <= required),
    CHECK (CASE WHEN access_level >= 40 THEN required > 0 ELSE true END),
    CHECK (char_length(ldap_cn) <= 255), CHECK (char_length(ldap_filter) <= 255)
);

CREATE TABLE forum_topic (
    id bigint PRIMARY KEY,
    archetype varchar NOT NULL,
    category_id integer,
    title varchar(200) NOT NULL CHECK (length(btrim(title)) >= 5),
    email text CHECK (email = lower(email)),
    posts integer NOT NULL CHECK (posts >= 0),
    likes integer NOT NULL CHECK (likes >= 0),
    highest integer NOT NULL,
    lang varchar(10) CHECK (lang ~ '^[a-z]{2}(_[A-Z]{2})?$'),
    color varchar(7) CHECK (color ~* '^#[0-9a-f]{6}$'),
    host text CHECK (host NOT LIKE '%/%' AND host LIKE '%.example'),
    pinned_at timestamptz,
    pinned_until timestamptz,
    deleted_at timestamptz,
    deleted_by integer,
    CHECK (((archetype)::text = 'regular' AND category_id IS NOT NULL) OR ((archetype)::text = 'private_message' AND category_id IS NULL)),
    CHECK (pinned_until IS NULL OR pinned_at IS NOT NULL),
    CHECK ((deleted_at IS NULL) = (deleted_by IS NULL)),
    CHECK (highest >= posts)
);

CREATE TABLE auth_user (
    id uuid PRIMARY KEY,
    email_confirm_status smallint DEFAULT 0 CHECK (email_confirm_status >= 0 AND email_confirm_status <= 2),
    address email,
    phone text CHECK (phone ~ '^\+[1-9]\d{6,14}$'),
    code_challenge text CHECK (char_length(code_challenge) >= 43 AND char_length(code_challenge) <= 128),
    name_id_format text CHECK (name_id_format IS NULL OR char_length(name_id_format) > 0),
    metadata_url text CHECK (metadata_url = NULL OR char_length(metadata_url) > 0),
    resource_id text CHECK (resource_id = NULL OR char_length(resource_id) > 0),
    factor text NOT NULL CHECK (factor IN ('totp', 'webauthn', 'phone')),
    secret text,
    claims jsonb CHECK (claims ->> 'role' IN ('anon', 'user', 'admin')),
    profile jsonb CHECK (jsonb_typeof(profile -> 'name') = 'string' AND (profile ->> 'age')::int >= 18),
    roles text[] CHECK (roles <@ ARRAY['reader', 'writer', 'owner']),
    scopes text[] NOT NULL CHECK ('openid' = ANY (scopes)),
    token text CHECK (octet_length(token) = 32),
    aal text CHECK (aal = ANY (ARRAY['aal1', 'aal2', 'aal3'])),
    not_after timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (updated_at >= created_at),
    CHECK (not_after > created_at + interval '1 hour'),
    CHECK (not_after <= created_at + interval '1 day'),
    CHECK (factor <> 'totp' OR secret IS NOT NULL)
);

CREATE TABLE rental (
    id bigint PRIMARY KEY,
    release_year year,
    rating text CHECK (rating IN ('G', 'PG', 'PG-13', 'R', 'NC-17')),
    during daterange NOT NULL CHECK (NOT isempty(during)),
    bounded tsrange CHECK (lower(bounded) IS NOT NULL AND upper(bounded) IS NOT NULL),
    nights daterange CHECK (upper(nights) - lower(nights) BETWEEN 1 AND 30),
    duration interval NOT NULL CHECK (duration > interval '0' AND duration <= interval '30 days'),
    period_start date NOT NULL CHECK (EXTRACT(year FROM period_start) >= 2015),
    period_end date NOT NULL,
    weekday date CHECK (EXTRACT(isodow FROM weekday) < 6),
    first_day date CHECK (EXTRACT(day FROM first_day) = 1),
    month_start timestamp CHECK (date_trunc('month', month_start) = month_start),
    hour smallint CHECK (hour >= 0 AND hour < 24),
    minute smallint CHECK (minute % 15 = 0 AND minute >= 0 AND minute < 60),
    even integer CHECK (mod(even, 2) = 0),
    lat numeric(9,6) CHECK (lat >= -90 AND lat <= 90),
    lon float8 CHECK (abs(lon) <= 180),
    price numeric CHECK (price > 0 AND price = round(price, 2)),
    share numeric CHECK (share > 0 AND share < 0.01),
    CHECK (period_end > period_start),
    CHECK (period_end - period_start <= 366)
);

CREATE TABLE survey (
    id bigint PRIMARY KEY,
    a integer NOT NULL CHECK (a BETWEEN 0 AND 100),
    b integer NOT NULL CHECK (b BETWEEN 0 AND 100),
    c integer NOT NULL CHECK (c BETWEEN 0 AND 100),
    lower_bound integer NOT NULL,
    upper_bound integer NOT NULL,
    answer text,
    choice integer,
    kind text NOT NULL CHECK (kind = ANY (ARRAY['text', 'choice', 'none'])),
    flag boolean NOT NULL,
    other boolean NOT NULL,
    ratio float4 CHECK (ratio > 0 AND ratio <= 1),
    quantity posint,
    codes char(2)[] CHECK (array_position(codes, NULL) IS NULL),
    ip inet CHECK (family(ip) = 4),
    mask cidr CHECK (masklen(mask) = 32),
    amounts numeric[] CHECK (0 <= ALL (amounts)),
    CHECK (a + b + c = 100),
    CHECK (upper_bound >= lower_bound * 2 + 1),
    CHECK (CASE kind WHEN 'text' THEN answer IS NOT NULL AND choice IS NULL WHEN 'choice' THEN choice IS NOT NULL AND answer IS NULL ELSE answer IS NULL AND choice IS NULL END),
    CHECK (NOT (flag AND other)),
    CHECK (answer IS DISTINCT FROM 'n/a'),
    CHECK (COALESCE(choice, 0) >= 0),
    CHECK (GREATEST(a, b) <= 90)
);

CREATE TABLE ledger (
    id bigint PRIMARY KEY,
    debit numeric(14,2) NOT NULL CHECK (debit >= 0),
    credit numeric(14,2) NOT NULL CHECK (credit >= 0),
    balance numeric(14,2) NOT NULL,
    entry_date date NOT NULL CHECK (entry_date > '2000-01-01' AND entry_date <> '2012-12-21'),
    account text NOT NULL CHECK (account ~ '^\d{4}(\.\d{2})?$' AND account !~ '^9'),
    iban text CHECK (length(iban) BETWEEN 15 AND 34 AND iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]+$'),
    memo text CHECK (memo IS NULL OR (memo = btrim(memo) AND memo !~~ '%;%')),
    prefix text CHECK (left(prefix, 2) = 'X-'),
    tail text CHECK (substr(tail, 1, 3) IN ('abc', 'abd') AND starts_with(tail, 'ab')),
    word text COLLATE "C" CHECK (word >= 'a' AND word < 'n'),
    a_share numeric(5,4) NOT NULL CHECK (a_share >= 0 AND a_share <= 1),
    b_share numeric(5,4) NOT NULL CHECK (b_share >= 0 AND b_share <= 1),
    CHECK ((debit = 0) <> (credit = 0)),
    CHECK (balance = debit - credit),
    CHECK (a_share + b_share <= 1),
    CHECK (nullif(memo, '') IS NOT NULL OR memo IS NULL)
);

CREATE TABLE device (
    id bigint PRIMARY KEY,
    mac text CHECK (mac ~* '^([0-9a-f]{2}:){5}[0-9a-f]{2}$'),
    semver text CHECK (semver ~ '^\d+\.\d+\.\d+$'),
    cron text CHECK (char_length(cron) > 0 AND cron NOT ILIKE '%reboot%'),
    port integer CHECK (port > 0 AND port < 65536),
    min_temp integer, max_temp integer, target integer,
    capabilities integer NOT NULL CHECK ((capabilities & 1) = 1 AND capabilities BETWEEN 0 AND 255),
    config jsonb CHECK (config IS NULL OR (jsonb_typeof(config -> 'items') = 'array' AND jsonb_array_length(config -> 'items') > 0)),
    keys jsonb CHECK (keys ?& ARRAY['id', 'name'] AND NOT keys ? 'secret'),
    mode text NOT NULL,
    since timestamptz,
    offline_since timestamptz,
    retries smallint NOT NULL CHECK (retries >= 0),
    retry_limit smallint NOT NULL CHECK (retry_limit BETWEEN 1 AND 10),
    CHECK (min_temp < target AND target < max_temp),
    CHECK (retries <= retry_limit),
    CHECK (mode IN ('on', 'off', 'auto')),
    CHECK (mode <> 'off' OR offline_since IS NOT NULL),
    CHECK (mode <> 'on' OR (since IS NOT NULL AND offline_since IS NULL)),
    CHECK (offline_since > since)
);

CREATE TABLE forum_user (
    id bigint PRIMARY KEY,
    email varchar(254) NOT NULL CHECK (strpos(email, '@') > 1 AND length(email) <= 254),
    login text NOT NULL CHECK (login = lower(login) AND position('@' IN login) > 1),
    path text NOT NULL CHECK (position('/x' IN path) = 3),
    color varchar(6) NOT NULL CHECK (color ~* '^[0-9a-f]{6}$'),
    text_color varchar(6) NOT NULL CHECK (text_color ~ '^([0-9A-F]{3}){1,2}$'),
    source text NOT NULL CHECK (left(source, 1) = '/'),
    target text NOT NULL CHECK (target LIKE '/%' OR target LIKE 'https://%'),
    cooked text NOT NULL CHECK (cooked LIKE '<p>%</p>'),
    reference text NOT NULL CHECK (char_length(reference) <= 140 AND reference !~ '[<>&]'),
    label varchar(40) NOT NULL CHECK (label !~ '[[:cntrl:]]'),
    options text[] NOT NULL CHECK (array_length(options, 1) BETWEEN 2 AND 20),
    min smallint NOT NULL,
    max smallint NOT NULL,
    CHECK (color <> text_color),
    CHECK (source <> target),
    CHECK (min >= 1 AND min <= max AND max <= cardinality(options))
);

CREATE TABLE hr_country (
    id bigint PRIMARY KEY,
    iso2 char(2) NOT NULL CHECK (iso2 ~ '^[A-Z]{2}$'),
    iso3 char(3) NOT NULL CHECK (iso3 ~ '^[A-Z]{3}$' AND left(iso3, 1) = left(iso2, 1)),
    centre char(6) NOT NULL CHECK (centre LIKE 'CC____' AND substr(centre, 3) ~ '^\d+$'),
    overdraft numeric(18,2) NOT NULL CHECK (overdraft BETWEEN 0 AND 50000 AND overdraft % 100 = 0),
    born date NOT NULL CHECK (born > '1945-01-01'),
    licensed date NOT NULL CHECK (EXTRACT(isodow FROM licensed) BETWEEN 1 AND 5),
    year smallint NOT NULL CHECK (year BETWEEN 2000 AND 2050),
    opens date NOT NULL,
    month_start timestamp NOT NULL,
    before_state jsonb,
    after_state jsonb,
    CHECK (EXTRACT(year FROM licensed) - EXTRACT(year FROM born) >= 18),
    CHECK (EXTRACT(year FROM opens) = year),
    CHECK (date_trunc('month', month_start) = month_start),
    CHECK (before_state IS NOT NULL OR after_state IS NOT NULL),
    CHECK (before_state IS DISTINCT FROM after_state)
);

CREATE TABLE logistics_site (
    id bigint PRIMARY KEY,
    code char(4) NOT NULL CHECK (code SIMILAR TO '[A-Z]{2}[0-9]{2}'),
    licence varchar(12) NOT NULL CHECK (licence SIMILAR TO '[A-Z]{2}-[0-9]{6}'),
    mime_type text NOT NULL CHECK (mime_type SIMILAR TO 'image/(jpeg|png|gif)'),
    aliases varchar(60)[] NOT NULL CHECK (array_ndims(aliases) = 1 OR aliases = '{}'),
    catchment circle CHECK (radius(catchment) > 0),
    location point NOT NULL CHECK (location[0] BETWEEN -180 AND 180 AND location[1] BETWEEN -90 AND 90),
    zones int4multirange NOT NULL CHECK (lower(zones) >= 1),
    covered datemultirange NOT NULL CHECK (NOT isempty(covered)),
    trust varbit(16) CHECK (length(trust) >= 4),
    bytes bigint NOT NULL CHECK (bytes BETWEEN 1 AND 100 * 1024 ^ 2),
    amounts numeric(18,2)[] NOT NULL CHECK (array_length(amounts, 1) = 3 AND 0 <= ALL (amounts)),
    gl_code char(4) NOT NULL CHECK (gl_code ~ '^[1-9][0-9]{3}$')
);
