-- A multi-tenant SaaS: accounts, members, roles, projects, tasks, quotas, plans, invoices, audit.
-- Shapes: tenant_id leads every primary key and is shared by every foreign key of a table
-- (overlapping keys, two and three per row), numbers per tenant and per invoice, uniques per
-- tenant (partial, expression, NULLS NOT DISTINCT), self references inside the tenant, a nullable
-- cycle tenants -> members, a key with ON DELETE SET NULL (column), exclusion of billing periods
-- without contrib, quota arithmetic, two schemas with keys across them.

CREATE SCHEMA billing;

CREATE TYPE member_role AS ENUM ('owner', 'admin', 'editor', 'viewer');
CREATE TYPE billing.invoice_status AS ENUM ('draft', 'open', 'paid', 'void', 'uncollectible');
CREATE DOMAIN slug AS varchar(48) CHECK (VALUE ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$');
CREATE DOMAIN hex_colour AS char(7) CHECK (VALUE ~ '^#[0-9a-f]{6}$');

CREATE TABLE billing.plans (
    code text PRIMARY KEY CHECK (code ~ '^[a-z_]{2,30}$'),
    monthly_cents integer NOT NULL CHECK (monthly_cents >= 0),
    yearly_cents integer NOT NULL,
    max_members integer,
    max_storage_bytes bigint CHECK (max_storage_bytes >= 1048576),
    features text[] NOT NULL DEFAULT ARRAY[]::text[],
    CONSTRAINT plans_yearly_cheaper CHECK (yearly_cents <= monthly_cents * 12 AND yearly_cents >= monthly_cents * 8),
    CONSTRAINT plans_members CHECK (max_members IS NULL OR max_members BETWEEN 1 AND 100000),
    CONSTRAINT plans_features CHECK (features <@ ARRAY['sso', 'audit', 'api', 'export', 'webhooks'])
);

CREATE TABLE tenants (
    tenant_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug slug NOT NULL UNIQUE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    plan_code text NOT NULL REFERENCES billing.plans,
    region text NOT NULL DEFAULT 'eu-west' CHECK (region IN ('eu-west', 'us-east', 'ap-south')),
    owner_member_no integer,
    trial_ends_at timestamptz,
    suspended_at timestamptz,
    suspend_reason text,
    settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenants_trial CHECK (trial_ends_at IS NULL OR trial_ends_at > created_at),
    CONSTRAINT tenants_suspended CHECK (num_nonnulls(suspended_at, suspend_reason) <> 1)
);

CREATE TABLE users (
    user_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL CHECK (email = lower(email) AND position('@' IN email) > 1),
    display_name text NOT NULL,
    time_zone text NOT NULL DEFAULT 'UTC' CHECK (time_zone IN ('UTC', 'Europe/Berlin', 'Europe/London', 'America/New_York', 'Asia/Tokyo')),
    password_hash text CHECK (password_hash LIKE '$argon2id$%' OR password_hash LIKE '$2b$%'),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (email)
);

CREATE TABLE members (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    member_no integer NOT NULL CHECK (member_no > 0),
    user_id uuid NOT NULL REFERENCES users,
    role member_role NOT NULL DEFAULT 'viewer',
    invited_by integer,
    invited_at timestamptz NOT NULL DEFAULT now(),
    joined_at timestamptz,
    left_at timestamptz,
    PRIMARY KEY (tenant_id, member_no),
    UNIQUE (tenant_id, user_id),
    FOREIGN KEY (tenant_id, invited_by) REFERENCES members (tenant_id, member_no),
    CHECK (invited_by IS NULL OR invited_by < member_no),
    CHECK (joined_at IS NULL OR joined_at >= invited_at),
    CHECK (left_at IS NULL OR (joined_at IS NOT NULL AND left_at > joined_at))
);
CREATE UNIQUE INDEX members_one_owner ON members (tenant_id) WHERE role = 'owner';

ALTER TABLE tenants ADD CONSTRAINT tenants_owner_fkey
    FOREIGN KEY (tenant_id, owner_member_no) REFERENCES members (tenant_id, member_no)
    DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE teams (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    team_no integer NOT NULL,
    parent_team_no integer,
    name text NOT NULL CHECK (name = btrim(name) AND name <> ''),
    lead_no integer,
    colour hex_colour NOT NULL DEFAULT '#808080',
    PRIMARY KEY (tenant_id, team_no),
    FOREIGN KEY (tenant_id, parent_team_no) REFERENCES teams,
    FOREIGN KEY (tenant_id, lead_no) REFERENCES members ON DELETE SET NULL (lead_no),
    CHECK (team_no BETWEEN 1 AND 9999),
    CHECK (parent_team_no < team_no)
);
CREATE UNIQUE INDEX teams_name ON teams (tenant_id, lower(name));

CREATE TABLE team_members (
    tenant_id uuid NOT NULL,
    team_no integer NOT NULL,
    member_no integer NOT NULL,
    since date NOT NULL DEFAULT CURRENT_DATE CHECK (since >= DATE '2015-01-01'),
    allocation_percent smallint NOT NULL DEFAULT 100 CHECK (allocation_percent % 5 = 0 AND allocation_percent BETWEEN 5 AND 100),
    PRIMARY KEY (tenant_id, team_no, member_no),
    FOREIGN KEY (tenant_id, team_no) REFERENCES teams ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, member_no) REFERENCES members ON DELETE CASCADE
);

CREATE TABLE projects (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    project_no integer NOT NULL,
    team_no integer,
    key varchar(10) NOT NULL CHECK (key ~ '^[A-Z][A-Z0-9]{1,9}$'),
    name text NOT NULL CHECK (length(name) <= 200),
    starts_on date,
    ends_on date,
    budget_cents bigint CHECK (budget_cents > 0 AND budget_cents % 100 = 0),
    archived_at timestamptz,
    PRIMARY KEY (tenant_id, project_no),
    FOREIGN KEY (tenant_id, team_no) REFERENCES teams,
    CHECK (ends_on IS NULL OR starts_on IS NOT NULL),
    CHECK (ends_on - starts_on BETWEEN 0 AND 3650)
);
CREATE UNIQUE INDEX projects_key_live ON projects (tenant_id, key) WHERE archived_at IS NULL;

CREATE TABLE labels (
    tenant_id uuid NOT NULL,
    label_no integer NOT NULL,
    project_no integer,
    name varchar(40) NOT NULL CHECK (name !~ '[[:cntrl:]]'),
    colour hex_colour NOT NULL,
    PRIMARY KEY (tenant_id, label_no),
    UNIQUE NULLS NOT DISTINCT (tenant_id, project_no, name),
    FOREIGN KEY (tenant_id) REFERENCES tenants ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, project_no) REFERENCES projects
);

CREATE TABLE tasks (
    tenant_id uuid NOT NULL,
    project_no integer NOT NULL,
    task_no integer NOT NULL CHECK (task_no >= 1),
    parent_task_no integer,
    author_no integer NOT NULL,
    assignee_no integer,
    title text NOT NULL CHECK (char_length(title) > 2),
    status text NOT NULL DEFAULT 'todo',
    priority smallint NOT NULL DEFAULT 3,
    estimate interval CHECK (estimate > interval '0' AND estimate <= interval '80 hours'),
    done_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    watchers integer[] NOT NULL DEFAULT '{}' CHECK (coalesce(array_length(watchers, 1), 0) <= 50),
    PRIMARY KEY (tenant_id, project_no, task_no),
    FOREIGN KEY (tenant_id, project_no) REFERENCES projects ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, project_no, parent_task_no) REFERENCES tasks,
    FOREIGN KEY (tenant_id, author_no) REFERENCES members,
    FOREIGN KEY (tenant_id, assignee_no) REFERENCES members,
    CONSTRAINT tasks_status CHECK (status IN ('todo', 'doing', 'review', 'done', 'dropped')),
    CONSTRAINT tasks_priority CHECK (priority >= 1 AND priority <= 5),
    CONSTRAINT tasks_done CHECK ((status IN ('done', 'dropped')) = (done_at IS NOT NULL)),
    CONSTRAINT tasks_doing_assigned CHECK (status <> 'doing' OR assignee_no IS NOT NULL),
    CONSTRAINT tasks_done_after_created CHECK (done_at >= created_at),
    CONSTRAINT tasks_no_own_parent CHECK (parent_task_no IS DISTINCT FROM task_no)
);

CREATE TABLE task_labels (
    tenant_id uuid NOT NULL,
    project_no integer NOT NULL,
    task_no integer NOT NULL,
    label_no integer NOT NULL,
    PRIMARY KEY (tenant_id, project_no, task_no, label_no),
    FOREIGN KEY (tenant_id, project_no, task_no) REFERENCES tasks ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, label_no) REFERENCES labels ON DELETE CASCADE
);

CREATE TABLE comments (
    tenant_id uuid NOT NULL,
    comment_id bigint GENERATED ALWAYS AS IDENTITY,
    project_no integer NOT NULL,
    task_no integer NOT NULL,
    author_no integer NOT NULL,
    reply_to bigint,
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    created_at timestamptz NOT NULL DEFAULT now(),
    edited_at timestamptz CHECK (edited_at > created_at),
    PRIMARY KEY (tenant_id, comment_id),
    FOREIGN KEY (tenant_id, project_no, task_no) REFERENCES tasks ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, author_no) REFERENCES members,
    FOREIGN KEY (tenant_id, reply_to) REFERENCES comments
);

CREATE TABLE attachments (
    tenant_id uuid NOT NULL,
    attachment_id uuid NOT NULL DEFAULT gen_random_uuid(),
    comment_id bigint NOT NULL,
    file_name text NOT NULL CHECK (file_name NOT LIKE '%/%' AND file_name LIKE '%.%'),
    media_type text NOT NULL CHECK (media_type ~ '^(image|text|application)/[a-z0-9.+-]+$'),
    bytes bigint NOT NULL CHECK (bytes > 0 AND bytes <= 25 * 1024 * 1024),
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (tenant_id, attachment_id),
    FOREIGN KEY (tenant_id, comment_id) REFERENCES comments ON DELETE CASCADE
);

CREATE TABLE api_keys (
    tenant_id uuid NOT NULL,
    key_id uuid NOT NULL DEFAULT gen_random_uuid(),
    member_no integer NOT NULL,
    prefix char(8) NOT NULL UNIQUE CHECK (prefix ~ '^sk_[a-z0-9]{5}$'),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    scopes text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'write', 'admin'] AND array_length(scopes, 1) >= 1),
    allowed_from cidr[],
    expires_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key_id),
    FOREIGN KEY (tenant_id, member_no) REFERENCES members ON DELETE CASCADE,
    CHECK (expires_at > created_at AND expires_at < created_at + interval '2 years'),
    CHECK (revoked_at >= created_at)
);

CREATE TABLE quotas (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    resource text NOT NULL CHECK (resource IN ('members', 'projects', 'storage_mb', 'api_calls', 'exports')),
    hard_limit bigint NOT NULL,
    soft_limit bigint NOT NULL,
    used bigint NOT NULL DEFAULT 0,
    unused bigint GENERATED ALWAYS AS (hard_limit - used) STORED CHECK (unused >= 0),
    PRIMARY KEY (tenant_id, resource),
    CHECK (0 < soft_limit AND soft_limit <= hard_limit),
    CHECK (used >= 0),
    CHECK (hard_limit <= 1000000000)
);

CREATE TABLE usage_daily (
    tenant_id uuid NOT NULL,
    resource text NOT NULL,
    day date NOT NULL CHECK (day >= '2020-01-01'),
    amount bigint NOT NULL CHECK (amount >= 0),
    peak_hour smallint CHECK (peak_hour >= 0 AND peak_hour < 24),
    PRIMARY KEY (tenant_id, resource, day),
    FOREIGN KEY (tenant_id, resource) REFERENCES quotas ON DELETE CASCADE,
    CHECK (amount > 0 OR peak_hour IS NULL)
);

CREATE TABLE billing.subscriptions (
    tenant_id uuid NOT NULL REFERENCES public.tenants,
    subscription_no integer NOT NULL,
    plan_code text NOT NULL REFERENCES billing.plans,
    seats integer NOT NULL CHECK (seats BETWEEN 1 AND 5000),
    interval_months smallint NOT NULL CHECK (interval_months IN (1, 3, 12)),
    period tstzrange NOT NULL CHECK (NOT isempty(period) AND lower(period) IS NOT NULL),
    discount_percent numeric(4, 1) NOT NULL DEFAULT 0 CHECK (discount_percent >= 0 AND discount_percent < 100),
    PRIMARY KEY (tenant_id, subscription_no)
);

CREATE TABLE billing.price_periods (
    plan_code text NOT NULL REFERENCES billing.plans,
    period daterange NOT NULL,
    note text,
    PRIMARY KEY (plan_code, period),
    EXCLUDE USING gist (period WITH &&),
    CHECK (upper(period) - lower(period) >= 28)
);

CREATE TABLE billing.invoices (
    tenant_id uuid NOT NULL,
    invoice_no integer NOT NULL CHECK (invoice_no > 0),
    subscription_no integer NOT NULL,
    status billing.invoice_status NOT NULL DEFAULT 'draft',
    currency char(3) NOT NULL DEFAULT 'EUR' CHECK (currency IN ('EUR', 'USD', 'GBP')),
    net_cents bigint NOT NULL CHECK (net_cents >= 0),
    tax_rate numeric(4, 3) NOT NULL CHECK (tax_rate BETWEEN 0 AND 0.300),
    tax_cents bigint NOT NULL,
    gross_cents bigint NOT NULL,
    issued_on date,
    due_on date,
    paid_at timestamptz,
    PRIMARY KEY (tenant_id, invoice_no),
    FOREIGN KEY (tenant_id, subscription_no) REFERENCES billing.subscriptions,
    FOREIGN KEY (tenant_id) REFERENCES public.tenants,
    CONSTRAINT invoices_gross CHECK (gross_cents = net_cents + tax_cents),
    CONSTRAINT invoices_tax CHECK (tax_cents >= 0 AND tax_cents <= net_cents),
    CONSTRAINT invoices_issued CHECK (status = 'draft' OR issued_on IS NOT NULL),
    CONSTRAINT invoices_due CHECK ((issued_on IS NULL AND due_on IS NULL) OR due_on >= issued_on + 7),
    CONSTRAINT invoices_paid CHECK ((status = 'paid') = (paid_at IS NOT NULL))
);

CREATE TABLE billing.invoice_lines (
    tenant_id uuid NOT NULL,
    invoice_no integer NOT NULL,
    line_no smallint NOT NULL,
    description text NOT NULL CHECK (description <> ''),
    quantity numeric(10, 3) NOT NULL CHECK (quantity > 0),
    unit_cents bigint NOT NULL,
    amount_cents bigint GENERATED ALWAYS AS (round(quantity * unit_cents)::bigint) STORED,
    PRIMARY KEY (tenant_id, invoice_no, line_no),
    FOREIGN KEY (tenant_id, invoice_no) REFERENCES billing.invoices ON DELETE CASCADE,
    CHECK (line_no BETWEEN 1 AND 500),
    CHECK (unit_cents BETWEEN -10000000 AND 10000000 AND unit_cents <> 0)
);

CREATE TABLE billing.credit_notes (
    tenant_id uuid NOT NULL,
    credit_no integer NOT NULL,
    invoice_no integer NOT NULL,
    line_no smallint,
    approved_by integer,
    amount_cents bigint NOT NULL CHECK (amount_cents > 0),
    reason text NOT NULL CHECK (reason = 'other' OR reason LIKE 'policy:%'),
    PRIMARY KEY (tenant_id, credit_no),
    FOREIGN KEY (tenant_id, invoice_no) REFERENCES billing.invoices,
    FOREIGN KEY (tenant_id, invoice_no, line_no) REFERENCES billing.invoice_lines,
    FOREIGN KEY (tenant_id, approved_by) REFERENCES public.members,
    CHECK (amount_cents < 100000 OR approved_by IS NOT NULL)
);

CREATE TABLE audit_log (
    tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE,
    entry_id bigint GENERATED BY DEFAULT AS IDENTITY,
    actor_no integer,
    action text NOT NULL CHECK (action ~ '^[a-z]+\.[a-z_]+$'),
    before_state jsonb,
    after_state jsonb,
    client inet,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, entry_id),
    FOREIGN KEY (tenant_id, actor_no) REFERENCES members (tenant_id, member_no),
    CHECK (before_state IS NOT NULL OR after_state IS NOT NULL),
    CHECK (before_state IS DISTINCT FROM after_state)
);
