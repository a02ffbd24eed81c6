-- An identity provider: users, identities, sessions, tokens, factors, single sign-on, audit.
-- Shapes: uuid keys, an own schema with keys across schemas, enums, inet/cidr/macaddr, bytea,
-- CHECKs with OR, implications, CASE and num_nonnulls, uniques that are partial, over expressions
-- (also jsonb ->>) and NULLS NOT DISTINCT, PK = FK, an inet exclusion, a token chain (self key
-- to a unique non-primary column), a state machine with times, varchar limits, hashes by pattern.

CREATE SCHEMA auth;
CREATE SCHEMA app;

CREATE TYPE auth.factor_type AS ENUM ('totp', 'webauthn', 'phone');
CREATE TYPE auth.factor_status AS ENUM ('unverified', 'verified');
CREATE TYPE auth.aal_level AS ENUM ('aal1', 'aal2', 'aal3');
CREATE TYPE auth.challenge_method AS ENUM ('s256', 'plain');
CREATE TYPE auth.one_time_kind AS ENUM ('confirmation', 'recovery', 'email_change_new', 'email_change_current', 'reauthentication');
CREATE DOMAIN auth.token_hash AS text CHECK (VALUE ~ '^[0-9a-f]{56}$');
CREATE DOMAIN auth.e164 AS varchar(15) CHECK (VALUE ~ '^[1-9]\d{6,13}$');

CREATE TABLE auth.instances (
    id uuid PRIMARY KEY,
    base_url text NOT NULL CHECK (base_url ~ '^https://[a-z0-9.-]+(:[0-9]{2,5})?$'),
    jwt_exp integer NOT NULL DEFAULT 3600 CHECK (jwt_exp BETWEEN 60 AND 604800),
    refresh_reuse_seconds integer NOT NULL DEFAULT 10,
    CHECK (refresh_reuse_seconds >= 0 AND refresh_reuse_seconds < jwt_exp)
);

CREATE TABLE auth.users (
    id uuid PRIMARY KEY,
    instance_id uuid REFERENCES auth.instances,
    aud varchar(255) NOT NULL DEFAULT 'authenticated',
    role varchar(255) NOT NULL DEFAULT 'authenticated' CHECK (role IN ('authenticated', 'anon', 'service_role')),
    email varchar(255),
    encrypted_password varchar(60) CHECK (encrypted_password ~ '^\$2[aby]\$\d{2}\$[./A-Za-z0-9]{53}$'),
    phone auth.e164 UNIQUE,
    email_change text NOT NULL DEFAULT '',
    email_change_confirm_status smallint DEFAULT 0,
    email_confirmed_at timestamptz,
    phone_confirmed_at timestamptz,
    confirmed_at timestamptz GENERATED ALWAYS AS (least(email_confirmed_at, phone_confirmed_at)) STORED,
    invited_at timestamptz,
    confirmation_token varchar(255),
    confirmation_sent_at timestamptz,
    recovery_token varchar(255),
    recovery_sent_at timestamptz,
    last_sign_in_at timestamptz,
    banned_until timestamptz,
    raw_app_meta_data jsonb NOT NULL DEFAULT '{"provider": "email"}',
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    is_sso_user boolean NOT NULL DEFAULT false,
    is_anonymous boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT users_email_change_steps CHECK (email_change_confirm_status >= 0 AND email_change_confirm_status <= 2),
    CONSTRAINT users_contact CHECK (is_anonymous OR email IS NOT NULL OR phone IS NOT NULL),
    CONSTRAINT users_anonymous CHECK (NOT is_anonymous OR (email IS NULL AND encrypted_password IS NULL)),
    CONSTRAINT users_sso_no_password CHECK (NOT (is_sso_user AND encrypted_password IS NOT NULL)),
    CONSTRAINT users_email_confirmed CHECK (email_confirmed_at IS NULL OR (email IS NOT NULL AND email_confirmed_at >= created_at)),
    CONSTRAINT users_recovery CHECK ((recovery_token IS NULL) = (recovery_sent_at IS NULL)),
    CONSTRAINT users_meta CHECK (jsonb_typeof(raw_app_meta_data) = 'object' AND raw_app_meta_data ? 'provider'),
    CONSTRAINT users_user_meta CHECK (raw_user_meta_data IS NULL OR jsonb_typeof(raw_user_meta_data) IN ('object', 'null')),
    CONSTRAINT users_updated CHECK (created_at <= updated_at),
    CONSTRAINT users_super_admin CHECK (is_super_admin IS NOT TRUE OR role = 'service_role'),
    CONSTRAINT users_email_lower CHECK (email::text = lower(email::text) AND email ~ '^[^@ ]+@[^@ ]+$')
);
CREATE UNIQUE INDEX users_email_live ON auth.users (email) WHERE is_sso_user = false;
CREATE UNIQUE INDEX users_confirmation_token ON auth.users (confirmation_token) WHERE confirmation_token::text !~ '^[0-9 ]*$';
CREATE UNIQUE INDEX users_recovery_token ON auth.users (recovery_token) WHERE recovery_token IS NOT NULL;
CREATE INDEX users_by_instance ON auth.users (instance_id, lower(email::text));

CREATE TABLE auth.identities (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    provider text NOT NULL CHECK (provider IN ('email', 'phone', 'google', 'github', 'apple', 'saml')),
    provider_id text NOT NULL,
    identity_data jsonb NOT NULL CHECK (identity_data ? 'sub' AND jsonb_typeof(identity_data -> 'sub') = 'string'),
    email text GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED,
    last_sign_in_at timestamptz,
    CONSTRAINT identities_subject_key UNIQUE (provider_id, provider),
    CONSTRAINT identities_provider_id CHECK (char_length(provider_id) BETWEEN 1 AND 255)
);
CREATE UNIQUE INDEX identities_sub ON auth.identities (provider, (identity_data ->> 'sub'));

CREATE TABLE auth.sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    factor_id uuid,
    aal auth.aal_level NOT NULL DEFAULT 'aal1',
    created_at timestamptz NOT NULL,
    refreshed_at timestamptz,
    not_after timestamptz,
    user_agent text CHECK (length(user_agent) <= 512),
    ip inet CHECK (family(ip) = 4 OR masklen(ip) = 128),
    tag text,
    UNIQUE (id, user_id),
    CONSTRAINT sessions_refreshed CHECK (refreshed_at >= created_at),
    CONSTRAINT sessions_not_after CHECK (not_after IS NULL OR not_after > coalesce(refreshed_at, created_at)),
    CONSTRAINT sessions_aal_factor CHECK (aal = 'aal1' OR factor_id IS NOT NULL)
);

CREATE TABLE auth.refresh_tokens (
    id bigserial PRIMARY KEY,
    token varchar(22) NOT NULL UNIQUE CHECK (token ~ '^[A-Za-z0-9_-]{12,22}$'),
    parent varchar(22) REFERENCES auth.refresh_tokens (token),
    session_id uuid NOT NULL,
    user_id uuid NOT NULL,
    revoked boolean NOT NULL DEFAULT false,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    FOREIGN KEY (session_id, user_id) REFERENCES auth.sessions (id, user_id) ON DELETE CASCADE,
    FOREIGN KEY (user_id) REFERENCES auth.users,
    CHECK (parent <> token),
    CHECK (revoked OR revoked_at IS NULL),
    CHECK (NOT revoked OR revoked_at >= created_at)
);
CREATE UNIQUE INDEX refresh_tokens_live ON auth.refresh_tokens (session_id) WHERE NOT revoked;

CREATE TABLE auth.mfa_factors (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    friendly_name text,
    factor_type auth.factor_type NOT NULL,
    status auth.factor_status NOT NULL,
    secret text,
    phone auth.e164,
    web_authn_credential jsonb,
    web_authn_aaguid uuid,
    created_at timestamptz NOT NULL,
    last_challenged_at timestamptz UNIQUE,
    CONSTRAINT mfa_factors_payload CHECK (
        CASE factor_type
            WHEN 'totp'::auth.factor_type THEN secret IS NOT NULL AND phone IS NULL AND web_authn_credential IS NULL
            WHEN 'phone'::auth.factor_type THEN phone IS NOT NULL AND secret IS NULL AND web_authn_credential IS NULL
            ELSE secret IS NULL AND phone IS NULL AND (status = 'unverified' OR web_authn_credential IS NOT NULL)
        END),
    CONSTRAINT mfa_factors_secret CHECK (secret ~ '^[A-Z2-7]{16,32}$'),
    CONSTRAINT mfa_factors_aaguid CHECK (web_authn_aaguid IS NULL OR factor_type = 'webauthn')
);
CREATE UNIQUE INDEX mfa_factors_name ON auth.mfa_factors (friendly_name, user_id) WHERE TRIM(BOTH FROM friendly_name) <> '';
CREATE UNIQUE INDEX mfa_factors_phone ON auth.mfa_factors (user_id, phone);
ALTER TABLE auth.sessions ADD FOREIGN KEY (factor_id) REFERENCES auth.mfa_factors ON DELETE CASCADE;

CREATE TABLE auth.mfa_challenges (
    id uuid PRIMARY KEY,
    factor_id uuid NOT NULL REFERENCES auth.mfa_factors ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    verified_at timestamptz CHECK (verified_at >= created_at AND verified_at < created_at + interval '5 minutes'),
    ip_address inet NOT NULL,
    otp_code char(6) CHECK (otp_code ~ '^[0-9]{6}$' AND otp_code <> '000000')
);

CREATE TABLE auth.mfa_amr_claims (
    id uuid NOT NULL,
    session_id uuid NOT NULL REFERENCES auth.sessions ON DELETE CASCADE,
    authentication_method text NOT NULL CHECK (authentication_method IN ('password', 'otp', 'oauth', 'totp', 'sso/saml', 'magiclink')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT mfa_amr_claims_once UNIQUE (session_id, authentication_method)
);

CREATE TABLE auth.one_time_tokens (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    token_type auth.one_time_kind NOT NULL,
    token_hash auth.token_hash NOT NULL,
    relates_to text NOT NULL CHECK (char_length(relates_to) > 0),
    created_at timestamp NOT NULL DEFAULT now(),
    UNIQUE (user_id, token_type)
);
CREATE INDEX one_time_tokens_token_hash ON auth.one_time_tokens USING hash (token_hash);

CREATE TABLE auth.flow_state (
    id uuid PRIMARY KEY,
    user_id uuid REFERENCES auth.users,
    auth_code text NOT NULL UNIQUE,
    code_challenge_method auth.challenge_method NOT NULL,
    code_challenge text NOT NULL,
    provider_type text NOT NULL,
    provider_access_token text,
    provider_refresh_token text,
    auth_code_issued_at timestamptz,
    CONSTRAINT flow_state_challenge CHECK (
        (code_challenge_method = 's256' AND char_length(code_challenge) = 43)
        OR (code_challenge_method = 'plain' AND char_length(code_challenge) BETWEEN 43 AND 128)),
    CONSTRAINT flow_state_chars CHECK (code_challenge ~ '^[A-Za-z0-9._~-]+$'),
    CONSTRAINT flow_state_refresh CHECK (provider_refresh_token IS NULL OR provider_access_token IS NOT NULL),
    CONSTRAINT flow_state_issued CHECK (auth_code_issued_at IS NULL OR user_id IS NOT NULL)
);

CREATE TABLE auth.sso_providers (
    id uuid PRIMARY KEY,
    resource_id text CHECK (resource_id IS NULL OR char_length(resource_id) > 0),
    disabled boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX sso_providers_resource ON auth.sso_providers (lower(resource_id));

CREATE TABLE auth.sso_domains (
    id uuid PRIMARY KEY,
    sso_provider_id uuid NOT NULL REFERENCES auth.sso_providers ON DELETE CASCADE,
    domain text NOT NULL CHECK (char_length(domain) <= 253),
    CONSTRAINT domain_form CHECK (domain ~ '^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$')
);
CREATE UNIQUE INDEX sso_domains_name ON auth.sso_domains (lower(domain));

CREATE TABLE auth.saml_providers (
    id uuid PRIMARY KEY REFERENCES auth.sso_providers ON DELETE CASCADE,
    entity_id text NOT NULL UNIQUE CHECK (char_length(entity_id) > 0),
    metadata_xml text NOT NULL CHECK (metadata_xml LIKE '<%>'),
    metadata_url text CHECK (metadata_url = NULL OR metadata_url LIKE 'https://%'),
    attribute_mapping jsonb CHECK (attribute_mapping IS NULL OR jsonb_typeof(attribute_mapping) = 'object'),
    name_id_format text CHECK (name_id_format LIKE 'urn:oasis:names:tc:SAML:_._:nameid-format:%')
);

CREATE TABLE auth.saml_relay_states (
    id uuid PRIMARY KEY,
    sso_provider_id uuid NOT NULL REFERENCES auth.saml_providers (id) ON DELETE CASCADE,
    flow_state_id uuid REFERENCES auth.flow_state ON DELETE CASCADE,
    request_id text NOT NULL CHECK (char_length(request_id) > 0),
    for_email text,
    redirect_to text CHECK (redirect_to ~ '^(https?|app)://'),
    created_at timestamptz NOT NULL
);

CREATE TABLE auth.oauth_clients (
    id uuid PRIMARY KEY,
    client_id text NOT NULL UNIQUE CHECK (client_id ~ '^[a-z0-9]{20}\.apps$'),
    client_secret_hash bytea CHECK (octet_length(client_secret_hash) IN (32, 64)),
    public boolean NOT NULL,
    redirect_uris text[] NOT NULL CHECK (cardinality(redirect_uris) > 0 AND cardinality(redirect_uris) < 11),
    grant_types text[] NOT NULL DEFAULT '{authorization_code}'
        CHECK (grant_types <@ ARRAY['authorization_code', 'refresh_token', 'client_credentials']::text[] AND grant_types <> '{}'),
    deleted_at timestamptz,
    CONSTRAINT oauth_clients_secret CHECK (public <> (client_secret_hash IS NOT NULL)),
    CONSTRAINT oauth_clients_public_grants CHECK (NOT public OR NOT 'client_credentials' = ANY (grant_types))
);

CREATE TABLE auth.oauth_consents (
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    client_id text NOT NULL REFERENCES auth.oauth_clients (client_id) ON UPDATE CASCADE,
    scopes text NOT NULL CHECK (scopes ~ '^[a-z]+( [a-z]+)*$' AND char_length(scopes) <= 2048),
    granted_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (user_id, client_id),
    CHECK (revoked_at IS NULL OR revoked_at >= granted_at)
);

CREATE TABLE auth.devices (
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    device_no smallint NOT NULL CHECK (device_no BETWEEN 1 AND 20),
    mac macaddr UNIQUE,
    mac8 macaddr8,
    public_key bytea NOT NULL CHECK (length(public_key) = 65),
    attested boolean,
    trust varbit(16) CHECK (length(trust) >= 4),
    PRIMARY KEY (user_id, device_no)
);

CREATE TABLE auth.blocked_networks (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    network cidr NOT NULL,
    reason text NOT NULL,
    until timestamptz,
    EXCLUDE USING gist (network inet_ops WITH &&),
    CHECK (masklen(network) >= 16)
);

CREATE TABLE auth.rate_limits (
    instance_id uuid NOT NULL REFERENCES auth.instances,
    endpoint text NOT NULL CHECK (endpoint LIKE '/%' AND endpoint NOT LIKE '%//%'),
    ip inet,
    per interval NOT NULL CHECK (per >= interval '1 second' AND per <= interval '1 day'),
    allowed integer NOT NULL CHECK (allowed > 0),
    burst integer NOT NULL DEFAULT 0,
    UNIQUE NULLS NOT DISTINCT (instance_id, endpoint, ip),
    CHECK (burst BETWEEN 0 AND allowed * 2)
);

CREATE TABLE auth.audit_log_entries (
    instance_id uuid,
    id uuid PRIMARY KEY,
    payload json CHECK (json_typeof(payload) = 'object'),
    created_at timestamptz,
    ip_address varchar(64) NOT NULL DEFAULT ''
);

CREATE TABLE app.profiles (
    id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE,
    username text UNIQUE CONSTRAINT username_length CHECK (char_length(username) >= 3),
    avatar_url text CHECK (avatar_url LIKE 'https://%.png' OR avatar_url LIKE 'https://%.webp'),
    bio varchar(280),
    birthday date CHECK (birthday <= DATE '2013-12-31' AND birthday >= DATE '1905-01-01'),
    accepted_terms_version smallint,
    accepted_terms_at timestamptz,
    CHECK (num_nulls(accepted_terms_version, accepted_terms_at) IN (0, 2)),
    CHECK (username !~* '^(admin|root|support)$')
);
