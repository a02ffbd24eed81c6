-- A discussion forum: users, categories, topics, posts, reactions, tags, messages, moderation.
-- Shapes: text limits by length, regex, LIKE and NOT LIKE, soft delete with partial uniques,
-- uniques over lower(), jsonb settings with CHECKs on type, keys and values, arrays with
-- containment, counters kept by triggers (one disabled, one always on), hex and bit strings,
-- a post number per topic, generated search column, a nullable cycle topics <-> posts.

CREATE DOMAIN username AS varchar(20) CHECK (VALUE ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]{1,18}[A-Za-z0-9]$');
CREATE DOMAIN counter AS integer NOT NULL DEFAULT 0 CHECK (VALUE >= 0);

CREATE TABLE users (
    id bigserial PRIMARY KEY,
    username username NOT NULL,
    username_lower varchar(20) GENERATED ALWAYS AS (lower(username::varchar)) STORED,
    name text CHECK (char_length(name) <= 60),
    email text NOT NULL,
    trust_level smallint NOT NULL DEFAULT 0,
    admin boolean NOT NULL DEFAULT false,
    moderator boolean NOT NULL DEFAULT false,
    title varchar(40),
    password_salt char(32) CHECK (password_salt ~ '^[0-9a-f]+$' AND length(password_salt) = 32),
    suspended_at timestamp,
    suspended_till timestamp,
    silenced_till timestamp,
    last_seen_at timestamp,
    created_at timestamp NOT NULL DEFAULT now(),
    deleted_at timestamp,
    post_count counter,
    likes_given counter,
    likes_received counter,
    flags bit(8) NOT NULL DEFAULT B'00000000',
    CONSTRAINT users_trust CHECK (trust_level IN (0, 1, 2, 3, 4)),
    CONSTRAINT users_staff_trust CHECK (NOT (admin OR moderator) OR trust_level >= 2),
    CONSTRAINT users_suspended CHECK ((suspended_at IS NULL) = (suspended_till IS NULL)),
    CONSTRAINT users_suspended_order CHECK (suspended_till > suspended_at),
    CONSTRAINT users_seen CHECK (last_seen_at IS NULL OR last_seen_at >= created_at),
    CONSTRAINT users_email CHECK (strpos(email, '@') > 1 AND length(email) <= 254),
    CONSTRAINT users_title CHECK (title IS NULL OR title ~ '\S'),
    CONSTRAINT users_admin_not_suspended CHECK (NOT admin OR suspended_at IS NULL)
);
CREATE UNIQUE INDEX users_username ON users (username_lower);
CREATE UNIQUE INDEX users_email_live ON users (lower(email)) WHERE deleted_at IS NULL;

CREATE TABLE user_options (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    settings jsonb NOT NULL DEFAULT '{"theme": "light", "digest": "weekly"}',
    muted_words text[] NOT NULL DEFAULT '{}',
    text_size text NOT NULL DEFAULT 'normal' CHECK (text_size IN ('small', 'normal', 'large')),
    quiet_from time,
    quiet_to time,
    CONSTRAINT user_options_object CHECK (jsonb_typeof(settings) = 'object'),
    CONSTRAINT user_options_theme CHECK (settings ? 'theme' AND settings ->> 'theme' IN ('light', 'dark', 'auto')),
    CONSTRAINT user_options_digest CHECK (settings ->> 'digest' = ANY (ARRAY['never', 'daily', 'weekly'])),
    CONSTRAINT user_options_muted CHECK (cardinality(muted_words) <= 100),
    CONSTRAINT user_options_quiet CHECK (num_nonnulls(quiet_from, quiet_to) IN (0, 2))
);

CREATE TABLE user_emails (
    id serial PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    email varchar(254) NOT NULL CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    is_primary boolean NOT NULL DEFAULT false,
    confirmed_at timestamp,
    CHECK (NOT is_primary OR confirmed_at IS NOT NULL)
);
CREATE UNIQUE INDEX user_emails_email ON user_emails (lower(email::text));
CREATE UNIQUE INDEX user_emails_primary ON user_emails (user_id) WHERE is_primary;

CREATE TABLE groups (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL CHECK (name NOT LIKE '% %' AND name = lower(name) AND length(name) >= 3),
    automatic boolean NOT NULL DEFAULT false,
    visibility smallint NOT NULL DEFAULT 0 CHECK (visibility BETWEEN 0 AND 4),
    mentionable smallint NOT NULL DEFAULT 0 CHECK (mentionable IN (0, 1, 2, 3, 4, 99)),
    grant_trust_level smallint CHECK (grant_trust_level > 0 AND grant_trust_level < 5),
    email_domains text CHECK (email_domains ~ '^[a-z0-9.|-]+$'),
    user_count counter,
    UNIQUE (name)
);

CREATE TABLE group_users (
    group_id integer NOT NULL REFERENCES groups ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    owner boolean NOT NULL DEFAULT false,
    notification_level smallint NOT NULL DEFAULT 2 CHECK (notification_level >= 0 AND notification_level <= 4),
    created_at timestamp NOT NULL DEFAULT now(),
    PRIMARY KEY (group_id, user_id)
);

CREATE TABLE categories (
    id serial PRIMARY KEY,
    parent_category_id integer REFERENCES categories,
    name varchar(50) NOT NULL CHECK (length(trim(both FROM name)) >= 1),
    slug varchar(80) NOT NULL CHECK (slug ~ '^[a-z0-9]+(?:-[a-z0-9]+)*$'),
    color varchar(6) NOT NULL DEFAULT '0088CC' CHECK (color ~* '^[0-9a-f]{6}$'),
    text_color varchar(6) NOT NULL DEFAULT 'FFFFFF' CHECK (text_color ~ '^([0-9A-F]{3}){1,2}$'),
    position integer CHECK (position >= 0),
    auto_close_hours double precision CHECK (auto_close_hours > 0 AND auto_close_hours <= 8760),
    read_restricted boolean NOT NULL DEFAULT false,
    topic_count counter,
    post_count counter,
    CHECK (parent_category_id <> id),
    CHECK (color <> text_color)
);
CREATE UNIQUE INDEX categories_unique_name ON categories (coalesce(parent_category_id, -1), lower(name));
CREATE UNIQUE INDEX categories_unique_slug ON categories (coalesce(parent_category_id, -1), lower(slug)) WHERE slug <> '';

CREATE TABLE topics (
    id bigserial PRIMARY KEY,
    title varchar(255) NOT NULL CHECK (char_length(title) BETWEEN 5 AND 255),
    slug text NOT NULL CHECK (slug !~ '[^a-z0-9-]'),
    archetype text NOT NULL DEFAULT 'regular' CHECK (archetype IN ('regular', 'private_message', 'banner')),
    category_id integer REFERENCES categories,
    user_id bigint REFERENCES users ON DELETE SET NULL,
    best_post_id bigint,
    highest_post_number integer NOT NULL DEFAULT 0,
    posts_count counter,
    views counter,
    word_count integer CHECK (word_count >= 0),
    closed boolean NOT NULL DEFAULT false,
    pinned_at timestamp,
    pinned_until timestamp,
    bumped_at timestamp NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(),
    deleted_at timestamp,
    deleted_by_id bigint REFERENCES users,
    CONSTRAINT topics_message_has_no_category CHECK (
        (archetype = 'private_message' AND category_id IS NULL) OR (archetype <> 'private_message' AND category_id IS NOT NULL)),
    CONSTRAINT topics_pinned CHECK (pinned_until IS NULL OR pinned_until > pinned_at),
    CONSTRAINT topics_pinned_until CHECK (pinned_at IS NOT NULL OR pinned_until IS NULL),
    CONSTRAINT topics_bumped CHECK (bumped_at >= created_at),
    CONSTRAINT topics_deleted CHECK ((deleted_at IS NULL) = (deleted_by_id IS NULL)),
    CONSTRAINT topics_highest CHECK (highest_post_number >= posts_count)
);
CREATE UNIQUE INDEX topics_title_live ON topics (lower(title)) WHERE deleted_at IS NULL AND archetype <> 'private_message';

CREATE TABLE posts (
    id bigserial PRIMARY KEY,
    topic_id bigint NOT NULL REFERENCES topics ON DELETE CASCADE,
    post_number integer NOT NULL CHECK (post_number > 0),
    reply_to_post_number integer,
    user_id bigint REFERENCES users ON DELETE SET NULL,
    raw text NOT NULL CHECK (length(raw) >= 3 AND length(raw) <= 32000),
    cooked text NOT NULL CHECK (cooked LIKE '<p>%</p>'),
    post_type smallint NOT NULL DEFAULT 1 CHECK (post_type IN (1, 2, 3, 4)),
    like_count counter,
    reads counter,
    score double precision NOT NULL DEFAULT 0.2 CHECK (score >= 0),
    percent_rank real CHECK (percent_rank >= 0 AND percent_rank <= 1),
    version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    edit_reason varchar(200),
    author_ip inet,
    search tsvector GENERATED ALWAYS AS (to_tsvector('simple', raw)) STORED,
    created_at timestamp NOT NULL DEFAULT now(),
    deleted_at timestamp,
    UNIQUE (topic_id, post_number),
    FOREIGN KEY (topic_id, reply_to_post_number) REFERENCES posts (topic_id, post_number),
    CONSTRAINT posts_reply_earlier CHECK (reply_to_post_number < post_number),
    CONSTRAINT posts_edit CHECK (edit_reason IS NULL OR version > 1),
    CONSTRAINT posts_deleted CHECK (deleted_at >= created_at)
);
CREATE INDEX posts_search ON posts USING gin (search);
ALTER TABLE topics ADD FOREIGN KEY (best_post_id) REFERENCES posts ON DELETE SET NULL;

CREATE TABLE post_revisions (
    post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 2),
    user_id bigint REFERENCES users,
    modifications jsonb NOT NULL CHECK (jsonb_typeof(modifications) = 'array' AND jsonb_array_length(modifications) > 0),
    hidden boolean NOT NULL DEFAULT false,
    PRIMARY KEY (post_id, number)
);

CREATE TABLE reactions (
    id bigserial PRIMARY KEY,
    post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind ~ '^(like|heart|laugh|wow|sad)$'),
    deleted_at timestamp
);
CREATE UNIQUE INDEX reactions_once ON reactions (post_id, user_id, kind) WHERE deleted_at IS NULL;

CREATE TABLE tags (
    id serial PRIMARY KEY,
    name varchar(30) NOT NULL CHECK (name = lower(name) AND name !~ '[ ,/?#]' AND length(name) > 1),
    target_tag_id integer REFERENCES tags,
    description text,
    topic_count counter,
    CHECK (target_tag_id IS NULL OR topic_count = 0)
);
CREATE UNIQUE INDEX tags_name ON tags (lower(name));

CREATE TABLE topic_tags (
    topic_id bigint NOT NULL REFERENCES topics ON DELETE CASCADE,
    tag_id integer NOT NULL REFERENCES tags ON DELETE CASCADE,
    created_at timestamp NOT NULL DEFAULT now(),
    CONSTRAINT topic_tags_key UNIQUE (topic_id, tag_id)
);

CREATE TABLE topic_users (
    topic_id bigint NOT NULL REFERENCES topics ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    last_read_post_number integer,
    total_msecs_viewed bigint NOT NULL DEFAULT 0 CHECK (total_msecs_viewed BETWEEN 0 AND 86400000000),
    bookmarked boolean NOT NULL DEFAULT false,
    notifications text NOT NULL DEFAULT 'normal' CHECK (notifications = ANY (ARRAY['muted', 'normal', 'tracking', 'watching'])),
    PRIMARY KEY (topic_id, user_id),
    FOREIGN KEY (topic_id, last_read_post_number) REFERENCES posts (topic_id, post_number)
);

CREATE TABLE topic_allowed_users (
    topic_id bigint NOT NULL REFERENCES topics ON DELETE CASCADE,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (user_id, topic_id)
);

CREATE TABLE polls (
    post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    name text NOT NULL DEFAULT 'poll' CHECK (name <> ''),
    options text[] NOT NULL CHECK (array_length(options, 1) BETWEEN 2 AND 20),
    min smallint NOT NULL DEFAULT 1,
    max smallint NOT NULL DEFAULT 1,
    closes_at timestamp,
    PRIMARY KEY (post_id, name),
    CHECK (min >= 1 AND min <= max AND max <= cardinality(options))
);

CREATE TABLE poll_votes (
    post_id bigint NOT NULL,
    name text NOT NULL,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    option_index smallint NOT NULL CHECK (option_index BETWEEN 1 AND 20),
    PRIMARY KEY (post_id, name, user_id, option_index),
    FOREIGN KEY (post_id, name) REFERENCES polls ON DELETE CASCADE
);

CREATE TABLE badges (
    id smallint PRIMARY KEY,
    name text NOT NULL,
    tier text NOT NULL CHECK (tier IN ('bronze', 'silver', 'gold')),
    points smallint NOT NULL,
    icon text NOT NULL DEFAULT 'fa-certificate' CHECK (icon LIKE 'fa-%' AND icon NOT LIKE '%\_%'),
    CONSTRAINT badges_points CHECK (CASE tier WHEN 'bronze' THEN points BETWEEN 1 AND 9 WHEN 'silver' THEN points BETWEEN 10 AND 49 ELSE points >= 50 END)
);
CREATE UNIQUE INDEX badges_name ON badges (lower(name) text_pattern_ops);

CREATE TABLE user_badges (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    badge_id smallint NOT NULL REFERENCES badges,
    post_id bigint REFERENCES posts ON DELETE SET NULL,
    seq integer NOT NULL DEFAULT 0 CHECK (seq >= 0),
    granted_by bigint NOT NULL REFERENCES users,
    PRIMARY KEY (user_id, badge_id, seq)
);

CREATE TABLE flags (
    id bigserial PRIMARY KEY,
    post_id bigint NOT NULL REFERENCES posts,
    user_id bigint NOT NULL REFERENCES users,
    reason text NOT NULL CHECK (reason IN ('spam', 'off_topic', 'inappropriate', 'something_else')),
    message text,
    agreed_at timestamp,
    disagreed_at timestamp,
    deferred_at timestamp,
    handled_by bigint REFERENCES users,
    CHECK (num_nonnulls(agreed_at, disagreed_at, deferred_at) <= 1),
    CHECK (num_nonnulls(agreed_at, disagreed_at, deferred_at) = 0 OR handled_by IS NOT NULL),
    CHECK (reason <> 'something_else' OR char_length(message) >= 10),
    CHECK (reason <> 'something_else' OR message IS NOT NULL)
);
CREATE UNIQUE INDEX flags_open ON flags (post_id, user_id) WHERE agreed_at IS NULL AND disagreed_at IS NULL AND deferred_at IS NULL;

CREATE TABLE uploads (
    id bigserial PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users,
    sha1 char(40) NOT NULL UNIQUE CHECK (sha1 ~ '^[0-9a-f]{40}$'),
    original_filename text NOT NULL CHECK (original_filename ~ '\.(png|jpe?g|gif|webp|pdf)$'),
    filesize bigint NOT NULL CHECK (filesize > 0 AND filesize < 4194304),
    width integer,
    height integer,
    url text NOT NULL CHECK (starts_with(url, '/uploads/') AND right(url, 1) <> '/'),
    CHECK ((width IS NULL) = (height IS NULL)),
    CHECK (width > 0 AND height > 0)
);

CREATE TABLE site_settings (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z_]*[a-z]$'),
    kind text NOT NULL CHECK (kind IN ('string', 'integer', 'boolean')),
    value text,
    CONSTRAINT site_settings_value CHECK (
        CASE WHEN kind = 'integer' THEN value ~ '^-?[0-9]{1,9}$'
             WHEN kind = 'boolean' THEN value IN ('t', 'f')
             ELSE value IS NOT NULL END)
);

CREATE FUNCTION count_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE topics SET posts_count = posts_count + 1,
        highest_post_number = greatest(highest_post_number, posts_count + 1, NEW.post_number)
        WHERE id = NEW.topic_id;
    UPDATE users SET post_count = post_count + 1 WHERE id = NEW.user_id;
    RETURN NEW;
END $$;
CREATE FUNCTION count_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE groups SET user_count = user_count + 1 WHERE id = NEW.group_id;
    RETURN NULL;
END $$;
CREATE FUNCTION strip_title() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.title := regexp_replace(NEW.title, '\s+', ' ', 'g');
    RETURN NEW;
END $$;
CREATE TRIGGER posts_count AFTER INSERT ON posts FOR EACH ROW EXECUTE FUNCTION count_post();
CREATE TRIGGER group_users_count AFTER INSERT ON group_users FOR EACH ROW EXECUTE FUNCTION count_member();
CREATE TRIGGER topics_strip BEFORE INSERT OR UPDATE OF title ON topics FOR EACH ROW EXECUTE FUNCTION strip_title();
ALTER TABLE group_users DISABLE TRIGGER group_users_count;
ALTER TABLE topics ENABLE ALWAYS TRIGGER topics_strip;
