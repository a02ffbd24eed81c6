//! The commented `standin.toml` that `standin init` writes.
//!
//! Settings that are commented out begin with `#` and no space, prose with `# `, as in
//! postgresql.conf. A test takes every `#` away and reads the result.

use std::time::Duration;

use crate::unit::Span;

use super::defaults;
use super::pool::VERSIONS;
use super::secret::Secret;

/// The text of a first configuration: copies of `production` where it is given, else an environment
/// made by migrations; `password` is that of its user.
pub fn template(production: Option<&Secret>, password: &Secret) -> String {
    let environments = match production {
        Some(url) => mirrored(url),
        None => migrated(),
    };
    let user = match production {
        Some(_) => {
            "# Unmasked copies of production are entered only by who lists them by name.\n\
                    environments = [\"prod-copy\", \"qa\"]"
        }
        None => "environments = [\"*\"]",
    };
    format!(
        "{HEAD}\n{}\n{}\n{}\n{}\n{environments}\n{}",
        pool(),
        listen(),
        postgres(),
        users(password, user),
        limits()
    )
}

const HEAD: &str = "\
# The configuration of Standin; `standin check` reads it without doing anything.
#
# Settings behind a bare # show what holds without them, or an example where nothing does. Times and
# sizes have a unit: 90s 10m 8h 3d, 512MiB 20GB. Secrets are env:NAME or file:path. Relative paths
# begin where this file is.
";

fn pool() -> String {
    format!(
        "\
[pool]
# The directory of all data; a change needs a restart.
#path = {:?}
# What `standin setup` makes on a file system that cannot share blocks (example).
#size = \"20GB\"
# Memory of all awake branches together (example; without it there is no bound).
#memory = \"4GB\"
# What branches may hold beside what they share, before nothing new is made (example).
#disk = \"50GB\"
# Awake branches at once; a connect beyond it waits.
#awake_max = {}
# How a snapshot is looked at before it is one: \"answers\" takes milliseconds, \"integrity\" reads
# every table and index.
#check = {:?}
",
        defaults::POOL_PATH,
        defaults::AWAKE_MAX,
        defaults::CHECK.as_str(),
    )
}

fn listen() -> String {
    format!(
        "\
[listen]
# Clients connect here as database@environment or database@environment.branch; \"off\" is no TCP.
# Every change in this table needs a restart.
#postgres = \"{}\"
# The directory of a unix socket (example).
#unix = \"/run/standin\"
# TLS, and whether it is demanded (example).
#tls = {{ cert = \"file:cert.pem\", key = \"file:key.pem\", required = false }}
# With TLS, environment.domain and environment--branch.domain name a target too (example).
#domain = \"db.example.org\"
# Whether a load balancer puts a PROXY protocol v2 header before each connection.
#proxy_protocol = false
",
        defaults::LISTEN_POSTGRES,
    )
}

fn postgres() -> String {
    format!(
        "\
[postgres]
# Directories with PostgreSQL's programs, looked at before the well-known ones (example).
#bin = [\"/usr/lib/postgresql/{newest}/bin\"]
# The version of fresh clusters, {oldest} to {newest}; without it the newest found (example).
#version = {newest}
# Who runs the servers when Standin runs as root.
#user = \"postgres\"
",
        oldest = VERSIONS.start(),
        newest = VERSIONS.end(),
    )
}

fn users(password: &Secret, environments: &str) -> String {
    format!(
        "\
[users.app]
# env:NAME, file:path, or a verifier as in pg_authid: SCRAM-SHA-256$4096:...
password = \"{password}\"
# Names, prefixes such as \"test-*\", or \"*\".
{environments}
# What the user may do to data at most, whatever the environment allows.
#access = \"{}\"
# viewer: connect and look; operator: also reset, undo and branch; admin: everything.
#role = \"{}\"
",
        defaults::ACCESS,
        defaults::ROLE,
    )
}

fn mirrored(url: &Secret) -> String {
    format!(
        "\
[production]
# A login that can read and replicate is enough; nothing is ever written there.
url = \"{url}\"

# What becomes of each column in a masked copy, source = \"production\". `standin mask key new` makes
# the key, `standin mask discover` proposes the tables, `standin mask plan` shows what follows (example).
#[masking]
#key = \"file:masking.key\"
# Columns that no rule decides about: \"refuse\" the copy, or make them \"null\".
#unlisted = \"refuse\"
# Where the people of the copy are from, with weights (example).
#locales = {{ en_us = 3, de_de = 1 }}
# Columns of a table; a table that is \"drop\" has no rows in the copy (example).
#tables = {{ \"public.customers\" = {{ id = \"keep\", email = \"email\", full_name = \"name\" }}, \"audit.*\" = \"drop\" }}
# What refers to what without a foreign key (example).
#reference = [{{ from = \"public.visits(customer)\", to = \"public.customers(id)\" }}]
# Only some rows, and what they lead to by references: children down, every parent up (example).
#subset = {{ start = [{{ table = \"public.customers\", where = \"region = 'EU'\" }}, {{ table = \"public.events\", percent = 1 }}, {{ table = \"public.orders\", newest = 1000, by = \"placed_at\" }}], not_followed = [\"public.visits(customer)\"], whole = [\"public.countries\"] }}

[environments.prod-copy]
# A copy as it is, without masks; a masked one is source = \"production\".
source = {{ mirror = \"production\", unmasked = true }}
# When it is copied anew: minute, hour, day of month, month, day of week, in UTC (example).
#refresh = \"0 3 * * *\"

[environments.qa]
# The snapshot that another environment resets to.
source = {{ environment = \"prod-copy\" }}
{}",
        settings(),
    )
}

fn migrated() -> String {
    format!(
        "\
[environments.qa]
# A directory of .sql files, or a command that is given DATABASE_URL: [\"npm\", \"run\", \"migrate\"],
# with files = [\"prisma/migrations\"] for what it reads. The database is made for them. With a seed,
# tables that they leave empty are filled; scale is rows in proportion to the usual number;
# scenarios = [\"null-heavy\"] adds rows of that kind, or those of [[seed.scenario]].
source = {{ migrations = \"db/migrations\", database = \"{}\", seed = 42, scale = 1.0 }}
{}
# Every name that begins with test- is an environment of its own, made when it is first used.
[environments.\"test-*\"]
source = {{ environment = \"qa\" }}

{}",
        defaults::DATABASE,
        settings(),
        seed(),
    )
}

fn seed() -> String {
    format!(
        "\
# Rules of seed data; a schema needs none. `standin seed plan` shows what is inferred.
[seed]
# The day that the data is as of; \"today\" makes it another every day.
#as_of = \"{}\"
# Where people are from, with weights (example).
#locales = {{ en_us = 3, de_de = 1 }}
# Foreign keys while rows are loaded: \"rebuild\" drops and validates them, \"live\" keeps them.
#mode = \"rebuild\"
# Triggers while rows are loaded: \"suppress\" or \"fire\".
#triggers = \"suppress\"
# Row counts and columns of tables; per is how many rows each row of a parent gets, by max, mean, count
# or counts = {{ 0 = 30, \"1..5\" = 70 }}; path is what rows go through, with columns of moments (example).
#tables = {{ \"public.customers\" = {{ rows = 20000 }}, \"public.orders\" = {{ per = {{ parent = \"customers\", min = 0, max = 20, distribution = \"zipf\" }}, columns = {{ status = {{ values = {{ open = 2, paid = 8 }}, path = [\"open\", \"paid\"], at = {{ paid = \"settled_on\" }} }} }} }} }}
# Rows to be found by name, and what must then be true: an environment that lists the scenario is not
# published unless it is (example). `standin seed scenarios` lists them, with those that are built in.
#scenario = [{{ name = \"overdue\", exclusive = true, rows = [{{ handle = \"inv\", table = \"invoices\", set = {{ due_on = \"as_of-30d\", paid_at = \"null\" }} }}], assert = [{{ sql = \"select count(*) from invoices where due_on < :as_of and paid_at is null\", is = 1 }}] }}]
",
        defaults::SEED_AS_OF,
    )
}

/// The settings that every environment has, with their defaults.
fn settings() -> String {
    let branches = format!(
        "{{ create = \"{}\", ttl = \"never\", max = {}, spares = {}, durability = \"{}\" }}",
        defaults::BRANCH_CREATE,
        defaults::BRANCH_MAX,
        defaults::BRANCH_SPARES,
        defaults::BRANCH_DURABILITY,
    );
    format!(
        "\
# What clients may do to the data: read-only, append (SELECT and INSERT only) or read-write.
#access = \"{access}\"
# What one statement may take: time, rows, bytes of rows; how many run at once; idle transactions
# (example).
#limits = {{ statement = \"30s\", idle_in_transaction = \"10m\", rows = 100000, bytes = \"1GB\", statements = 20 }}
# Named branches: made by \"command\" or also \"on-connect\"; ttl counts from the last use,
# and beyond max or disk, counted by the minute, no more are made.
#branches = {branches}
# When it goes back to its source by itself, in UTC (example).
#reset = \"0 6 * * 1-5\"
# A port of its own, where every database name means this environment (example).
#port = {port}
# What a crash may cost: process (kill -9 costs nothing, a power cut everything), consistent (a power
# cut costs under a second), machine (nothing).
#durability = \"{durability}\"
# How long without sessions until the server sleeps, or \"never\".
#idle = \"{idle}\"
# Earlier states that undo can reach, at least {generations_min}.
#generations = {generations}
# Servers started ahead for the next reset.
#spares = {spares}
",
        access = defaults::ACCESS,
        port = defaults::LISTEN_POSTGRES.port() + 1,
        durability = defaults::DURABILITY,
        idle = Span(defaults::IDLE),
        generations_min = super::GENERATIONS_MIN,
        generations = defaults::GENERATIONS,
        spares = defaults::SPARES,
    )
}

fn limits() -> String {
    let span = |duration: Duration| Span(duration);
    format!(
        "\
[limits]
# Sessions of all, of one user, and in one environment.
#sessions = {}
#sessions_per_user = {}
#sessions_per_environment = {}
# TLS, startup and login together.
#login = \"{}\"
# How long a connect waits for a branch that wakes or is built.
#connect_wait = \"{}\"
# How long dialling a server may take.
#upstream_connect = \"{}\"
# How long a session may be idle, at all and in a transaction.
#idle_session = \"never\"
#idle_in_transaction = \"never\"
# What sessions in a transaction get to finish when Standin stops.
#drain = \"{}\"
",
        defaults::SESSIONS,
        defaults::SESSIONS_PER_USER,
        defaults::SESSIONS_PER_ENVIRONMENT,
        span(defaults::LOGIN),
        span(defaults::CONNECT_WAIT),
        span(defaults::UPSTREAM_CONNECT),
        span(defaults::DRAIN),
    )
}
