-- A music catalogue: artists, credits, works, recordings, releases, media, tracks, labels, links.
-- Shapes: many small lookup tables (three of them with rows), gid uuids, partial dates as three smallints
-- with CHECKs on which may be missing, position uniques (deferrable too), MATCH FULL keys,
-- junctions of three keys, NULLS NOT DISTINCT, PK = FK detail tables, redirects keyed by uuid,
-- check digits by pattern, text that may not have blanks at its ends, a schema for cover art.

CREATE SCHEMA cover_art;

CREATE DOMAIN clean_text AS text CHECK (VALUE = btrim(VALUE) AND VALUE <> '' AND VALUE !~ '\s{2,}');
CREATE DOMAIN edits_pending AS integer DEFAULT 0 NOT NULL CHECK (VALUE >= 0);
CREATE DOMAIN colour_depth AS smallint CHECK (VALUE IN (8, 16, 24, 32));

CREATE TABLE artist_type (
    id integer PRIMARY KEY,
    name varchar(255) NOT NULL UNIQUE,
    parent integer REFERENCES artist_type,
    child_order integer NOT NULL DEFAULT 0,
    gid uuid NOT NULL UNIQUE
);
INSERT INTO artist_type (id, name, parent, child_order, gid) VALUES
    (1, 'Person', NULL, 1, '00000000-0000-4000-8000-000000000001'),
    (2, 'Group', NULL, 2, '00000000-0000-4000-8000-000000000002'),
    (3, 'Choir', 2, 3, '00000000-0000-4000-8000-000000000003'),
    (4, 'Orchestra', 2, 4, '00000000-0000-4000-8000-000000000004');

CREATE TABLE gender (id integer PRIMARY KEY, name varchar(255) NOT NULL UNIQUE, child_order integer NOT NULL DEFAULT 0 CHECK (child_order >= 0));
INSERT INTO gender VALUES (1, 'Male', 1), (2, 'Female', 2), (3, 'Other', 3);

CREATE TABLE medium_format (
    id integer PRIMARY KEY,
    name varchar(100) NOT NULL,
    year smallint CHECK (year BETWEEN 1877 AND 2100),
    has_discids boolean NOT NULL DEFAULT false,
    gid uuid NOT NULL UNIQUE
);
INSERT INTO medium_format VALUES
    (1, 'CD', 1982, true, '00000000-0000-4000-8000-000000000011'),
    (2, 'Vinyl', 1895, false, '00000000-0000-4000-8000-000000000012'),
    (3, 'Digital', NULL, false, '00000000-0000-4000-8000-000000000013');

CREATE TABLE language (
    id serial PRIMARY KEY,
    iso_code_2t char(3),
    iso_code_1 char(2),
    iso_code_3 char(3),
    name varchar(100) NOT NULL,
    frequency smallint NOT NULL DEFAULT 0 CHECK (frequency IN (0, 1, 2)),
    CONSTRAINT language_some_code CHECK (iso_code_2t IS NOT NULL OR iso_code_3 IS NOT NULL),
    CONSTRAINT language_codes CHECK (iso_code_2t ~ '^[a-z]{3}$' AND iso_code_1 ~ '^[a-z]{2}$' AND iso_code_3 ~ '^[a-z]{3}$')
);
CREATE UNIQUE INDEX language_iso_1 ON language (iso_code_1);
CREATE UNIQUE INDEX language_iso_3 ON language (iso_code_3);

CREATE TABLE script (
    id serial PRIMARY KEY,
    iso_code char(4) NOT NULL UNIQUE CHECK (iso_code ~ '^[A-Z][a-z]{3}$'),
    iso_number char(3) NOT NULL CHECK (iso_number ~ '^[0-9]{3}$'),
    name varchar(100) NOT NULL
);

CREATE TABLE area (
    id serial PRIMARY KEY,
    gid uuid NOT NULL UNIQUE,
    name varchar NOT NULL CHECK (name <> ''),
    begin_date_year smallint,
    begin_date_month smallint,
    begin_date_day smallint,
    end_date_year smallint,
    end_date_month smallint,
    end_date_day smallint,
    ended boolean NOT NULL DEFAULT false,
    comment varchar(255) NOT NULL DEFAULT '',
    CONSTRAINT area_end_only_when_ended CHECK (
        ended OR coalesce(end_date_year, end_date_month, end_date_day) IS NULL),
    CONSTRAINT area_begin CHECK (begin_date_month BETWEEN 1 AND 12 AND begin_date_day BETWEEN 1 AND 31),
    CONSTRAINT area_end CHECK (end_date_month BETWEEN 1 AND 12 AND end_date_day BETWEEN 1 AND 31)
);

CREATE TABLE iso_3166_2 (
    area integer NOT NULL REFERENCES area,
    code varchar(10) PRIMARY KEY CHECK (code ~ '^[A-Z]{2}-[A-Z0-9]+$' AND length(code) <= 10)
);

CREATE TABLE artist (
    id serial PRIMARY KEY,
    gid uuid NOT NULL,
    name clean_text NOT NULL,
    sort_name clean_text NOT NULL,
    begin_date_year smallint CHECK (begin_date_year >= 1000 AND begin_date_year <= 2100),
    begin_date_month smallint CHECK (begin_date_month >= 1 AND begin_date_month <= 12),
    begin_date_day smallint CHECK (begin_date_day >= 1 AND begin_date_day <= 31),
    end_date_year smallint,
    end_date_month smallint,
    end_date_day smallint,
    type integer REFERENCES artist_type,
    area integer REFERENCES area,
    gender integer REFERENCES gender,
    begin_area integer REFERENCES area,
    comment varchar(255) NOT NULL DEFAULT '' CHECK (comment = btrim(comment)),
    edits_pending edits_pending,
    last_updated timestamptz DEFAULT now(),
    ended boolean NOT NULL DEFAULT false,
    CONSTRAINT artist_end_only_when_ended CHECK (
        ended IS TRUE OR num_nonnulls(end_date_year, end_date_month, end_date_day) = 0),
    CONSTRAINT artist_only_people_have_gender CHECK (gender IS NULL OR type = 1),
    CONSTRAINT artist_begin_order CHECK (begin_date_day IS NULL OR (begin_date_month IS NOT NULL AND begin_date_year IS NOT NULL)),
    CONSTRAINT artist_begin_days CHECK (begin_date_month NOT IN (4, 6, 9, 11) OR begin_date_day <= 30),
    CONSTRAINT artist_february CHECK (begin_date_month <> 2 OR begin_date_day <= 28),
    CONSTRAINT artist_end_parts CHECK (end_date_month BETWEEN 1 AND 12 AND end_date_day BETWEEN 1 AND 28),
    CONSTRAINT artist_dates CHECK (end_date_year >= begin_date_year AND end_date_year - begin_date_year <= 120)
);
CREATE UNIQUE INDEX artist_gid ON artist (gid);
CREATE UNIQUE INDEX artist_name_comment ON artist (name, comment);

CREATE TABLE artist_gid_redirect (
    gid uuid PRIMARY KEY,
    new_id integer NOT NULL REFERENCES artist,
    created timestamptz DEFAULT now()
);

CREATE TABLE artist_isni (
    artist integer NOT NULL REFERENCES artist,
    isni char(16) NOT NULL CHECK (isni ~ E'^\\d{15}[\\dX]$'),
    PRIMARY KEY (artist, isni)
);

CREATE TABLE artist_alias (
    id serial PRIMARY KEY,
    artist integer NOT NULL REFERENCES artist,
    name clean_text NOT NULL,
    locale text CHECK (locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$'),
    type text CHECK (type IN ('Artist name', 'Legal name', 'Search hint')),
    sort_name varchar NOT NULL,
    primary_for_locale boolean NOT NULL DEFAULT false,
    CONSTRAINT artist_alias_primary CHECK (NOT primary_for_locale OR locale IS NOT NULL),
    CONSTRAINT artist_alias_hint CHECK (type IS DISTINCT FROM 'Search hint' OR (sort_name = name::text AND locale IS NULL))
);
CREATE UNIQUE INDEX artist_alias_one_primary ON artist_alias (artist, locale) WHERE primary_for_locale = true AND locale IS NOT NULL;

CREATE TABLE artist_credit (
    id serial PRIMARY KEY,
    name varchar NOT NULL,
    artist_count smallint NOT NULL CHECK (artist_count > 0 AND artist_count <= 100),
    ref_count integer DEFAULT 0,
    gid uuid NOT NULL UNIQUE
);

CREATE TABLE artist_credit_name (
    artist_credit integer NOT NULL REFERENCES artist_credit ON DELETE CASCADE,
    position smallint NOT NULL CHECK (position >= 0),
    artist integer NOT NULL REFERENCES artist ON DELETE CASCADE,
    name varchar NOT NULL,
    join_phrase text NOT NULL DEFAULT '' CHECK (join_phrase IN ('', ' & ', ', ', ' feat. ', ' vs. ')),
    PRIMARY KEY (artist_credit, position)
);

CREATE TABLE label (
    id serial PRIMARY KEY,
    gid uuid NOT NULL UNIQUE,
    name clean_text NOT NULL,
    label_code integer CHECK (label_code > 0 AND label_code < 100000),
    area integer REFERENCES area,
    founded int2,
    closed int2,
    CHECK (closed >= founded AND founded > 1800),
    CHECK (closed IS NULL OR founded IS NOT NULL)
);

CREATE TABLE work (
    id serial PRIMARY KEY,
    gid uuid NOT NULL UNIQUE,
    name clean_text NOT NULL,
    iswcs char(15)[] NOT NULL DEFAULT '{}' CHECK (cardinality(iswcs) <= 3),
    main_iswc char(15) UNIQUE CHECK (main_iswc ~ '^T-[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]$'),
    arrangement_of integer REFERENCES work,
    CHECK (arrangement_of IS NULL OR arrangement_of <> id)
);

CREATE TABLE work_language (
    work integer NOT NULL REFERENCES work,
    language integer NOT NULL REFERENCES language,
    PRIMARY KEY (work, language)
);

CREATE TABLE recording (
    id serial PRIMARY KEY,
    gid uuid NOT NULL UNIQUE,
    name clean_text NOT NULL,
    artist_credit integer NOT NULL REFERENCES artist_credit,
    length integer CHECK (length IS NULL OR length > 0),
    isrc char(12) CHECK (isrc ~ '^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$'),
    video boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX recording_isrc ON recording (upper(isrc)) WHERE isrc IS NOT NULL;

CREATE TABLE recording_work_artist (
    recording integer NOT NULL REFERENCES recording ON DELETE CASCADE,
    work integer NOT NULL REFERENCES work ON DELETE CASCADE,
    artist integer NOT NULL REFERENCES artist ON DELETE CASCADE,
    role text NOT NULL DEFAULT 'performer' CHECK (role IN ('performer', 'composer', 'conductor', 'arranger')),
    share numeric(5, 2) CHECK (share > 0 AND share <= 100),
    PRIMARY KEY (recording, work, artist),
    CHECK (share IS NULL OR role <> 'conductor')
);

CREATE TABLE release_group (
    id serial PRIMARY KEY,
    gid uuid NOT NULL UNIQUE,
    name clean_text NOT NULL,
    artist_credit integer NOT NULL REFERENCES artist_credit,
    primary_type text CHECK (primary_type IN ('Album', 'Single', 'EP', 'Broadcast')),
    secondary_types text[] NOT NULL DEFAULT '{}',
    CHECK (secondary_types = '{}' OR primary_type IS NOT NULL),
    CHECK (secondary_types <@ '{Live,Remix,Compilation,Soundtrack,Demo}'::text[])
);

CREATE TABLE release (
    id serial PRIMARY KEY,
    gid uuid NOT NULL UNIQUE,
    name clean_text NOT NULL,
    artist_credit integer NOT NULL REFERENCES artist_credit,
    release_group integer NOT NULL REFERENCES release_group,
    language integer REFERENCES language,
    script integer REFERENCES script,
    barcode varchar(14) CHECK (barcode = '' OR barcode ~ '^[0-9]{8}$|^[0-9]{12,14}$'),
    quality smallint NOT NULL DEFAULT -1 CHECK (quality >= -1 AND quality <= 2),
    UNIQUE (id, release_group)
);

CREATE TABLE release_country (
    release integer NOT NULL REFERENCES release,
    country integer NOT NULL REFERENCES area,
    date_year smallint,
    date_month smallint,
    date_day smallint,
    PRIMARY KEY (release, country),
    CONSTRAINT release_country_year CHECK (date_year > 1860 AND date_year < 2100),
    CONSTRAINT release_country_month CHECK (date_month IS NULL OR (date_month BETWEEN 1 AND 12 AND date_year IS NOT NULL)),
    CONSTRAINT release_country_day CHECK (date_day IS NULL OR (date_day BETWEEN 1 AND 31 AND date_month IS NOT NULL)),
    CONSTRAINT release_country_short CHECK (date_day < 31 OR date_month IN (1, 3, 5, 7, 8, 10, 12)),
    CONSTRAINT release_country_february CHECK (date_month IS DISTINCT FROM 2 OR date_day IS NULL OR date_day <= CASE WHEN date_year % 4 = 0 AND (date_year % 100 <> 0 OR date_year % 400 = 0) THEN 29 ELSE 28 END)
);

CREATE TABLE release_label (
    id serial PRIMARY KEY,
    release integer NOT NULL REFERENCES release,
    label integer REFERENCES label,
    catalog_number varchar(255) CHECK (catalog_number <> ''),
    UNIQUE NULLS NOT DISTINCT (release, label, catalog_number),
    CHECK (label IS NOT NULL OR catalog_number IS NOT NULL)
);

CREATE TABLE medium (
    id serial PRIMARY KEY,
    release integer NOT NULL REFERENCES release,
    position integer NOT NULL CHECK (position > 0),
    format integer REFERENCES medium_format,
    name varchar NOT NULL DEFAULT '',
    track_count integer NOT NULL DEFAULT 0 CHECK (track_count >= 0 AND track_count <= 999),
    CONSTRAINT medium_position_key UNIQUE (release, position) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE track (
    id serial PRIMARY KEY,
    gid uuid NOT NULL UNIQUE,
    recording integer NOT NULL REFERENCES recording,
    medium integer NOT NULL REFERENCES medium,
    position integer NOT NULL,
    number text NOT NULL CHECK (number ~ '^[A-Z]?[0-9]{1,3}$'),
    name varchar NOT NULL,
    artist_credit integer NOT NULL REFERENCES artist_credit,
    length integer,
    is_data_track boolean NOT NULL DEFAULT false,
    CONSTRAINT track_length CHECK (length IS NULL OR length > 0),
    CONSTRAINT track_position CHECK (position >= 0),
    CONSTRAINT track_position_key UNIQUE (medium, position) DEFERRABLE INITIALLY IMMEDIATE
);

CREATE TABLE medium_cdtoc (
    medium integer PRIMARY KEY REFERENCES medium ON DELETE CASCADE,
    discid char(28) NOT NULL CHECK (discid ~ '^[A-Za-z0-9._-]{27}-$'),
    leadout_offset integer NOT NULL CHECK (leadout_offset BETWEEN 150 AND 450000),
    track_offset integer[] NOT NULL,
    first_offset integer GENERATED ALWAYS AS (track_offset[1]) STORED,
    CHECK (cardinality(track_offset) BETWEEN 1 AND 99),
    CHECK (track_offset[1] >= 150 AND track_offset[1] < leadout_offset)
);

CREATE TABLE editor (
    id serial PRIMARY KEY,
    name varchar(64) NOT NULL CHECK (name !~* '^(anonymous|removed)' AND name ~ '^[A-Za-z][A-Za-z0-9 _-]*$'),
    email varchar(64) CHECK (email LIKE '%@%'),
    email_confirm_date timestamptz,
    privs bit varying(16) DEFAULT B'0',
    bio text,
    password varchar(128) NOT NULL CHECK (password LIKE '{PLAIN}%' OR password LIKE '{BLOWFISH}%'),
    ha1 char(32) NOT NULL CHECK (ha1 ~ '^[0-9a-f]{32}$'),
    CHECK (email_confirm_date IS NULL OR email IS NOT NULL)
);
CREATE UNIQUE INDEX editor_name_ci ON editor (lower(name));

CREATE TABLE release_group_rating (
    release_group integer NOT NULL REFERENCES release_group,
    editor integer NOT NULL REFERENCES editor,
    rating smallint NOT NULL CHECK (rating >= 0 AND rating <= 100 AND rating % 20 = 0),
    PRIMARY KEY (release_group, editor)
);

CREATE TABLE cover_art.image (
    id bigint PRIMARY KEY CHECK (id > 0),
    release integer NOT NULL,
    release_group integer NOT NULL,
    ordering integer NOT NULL CHECK (ordering > 0),
    mime_type text NOT NULL CHECK (mime_type SIMILAR TO 'image/(jpeg|png|gif)'),
    depth colour_depth,
    bytes bigint NOT NULL CHECK (bytes BETWEEN 1 AND 100 * 1024 ^ 2),
    FOREIGN KEY (release, release_group) REFERENCES public.release (id, release_group) MATCH FULL ON DELETE CASCADE,
    UNIQUE (release, ordering)
);

CREATE TABLE cover_art.front (
    release_group integer PRIMARY KEY REFERENCES public.release_group,
    release integer,
    image bigint UNIQUE REFERENCES cover_art.image,
    FOREIGN KEY (release, release_group) REFERENCES public.release (id, release_group)
);

ALTER TABLE recording ADD CONSTRAINT recording_length_day CHECK (length < 86400000) NOT VALID;
