//! Legal configurations drawn at random, and their text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;

use crate::config::{
    AccessMode, Branches, Check, Config, CreateBranch, Durability, Environment, Grant, Limits,
    Listen, Migrations, Password, Pool, Postgres, Production, Role, Secret, Seed, Source, Tls,
    defaults,
};
use crate::mask::{MaskRules, Unlisted};
use crate::schema::Name;
use crate::seed::{LoadMode, SeedRules, TableRules, TriggerPolicy};
use crate::unit::{Bytes, Span};

/// Any legal configuration.
pub(super) fn configs() -> impl Strategy<Value = Config> {
    (
        pools(),
        listens(),
        postgreses(),
        any::<bool>(),
        limits(),
        seeds(),
    )
        .prop_flat_map(|(pool, listen, postgres, production, limits, seed)| {
            let production = production.then(|| Production {
                url: Secret::File("p".into()),
            });
            let has_production = production.is_some();
            (
                environments(has_production, listen.postgres.is_some()),
                secrets(),
            )
                .prop_flat_map(move |(environments, _)| {
                    let base = Config {
                        pool: pool.clone(),
                        listen: listen.clone(),
                        postgres: postgres.clone(),
                        users: BTreeMap::new(),
                        production: production.clone(),
                        environments,
                        limits: limits.clone(),
                        seed: seed.clone(),
                        masking: production.as_ref().map(|production| MaskRules {
                            key: production.url.clone(),
                            unlisted: Unlisted::default(),
                            locales: BTreeMap::new(),
                            tables: Vec::new(),
                            references: Vec::new(),
                            subset: None,
                        }),
                    };
                    users(&base).prop_map(move |users| Config {
                        users,
                        ..base.clone()
                    })
                })
        })
}

fn words() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9 \"\\\\=#äß$]{0,12}[a-z]"
}

fn paths() -> impl Strategy<Value = PathBuf> {
    words().prop_map(PathBuf::from)
}

fn secrets() -> impl Strategy<Value = Secret> {
    prop_oneof![
        "[A-Z_][A-Z0-9_]{0,9}".prop_map(Secret::Env),
        paths().prop_map(Secret::File)
    ]
}

fn spans(seconds: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    seconds.prop_map(Duration::from_secs)
}

fn pools() -> impl Strategy<Value = Pool> {
    let bytes = || prop::option::of(1_000_000_000..u64::from(u32::MAX) * 1_000);
    let checks = prop_oneof![Just(Check::Answers), Just(Check::Integrity)];
    let drawn = (paths(), bytes(), bytes(), bytes(), 1..10_001_usize, checks);
    drawn.prop_map(|(path, size, memory, disk, awake_max, check)| Pool {
        check,
        path,
        size_bytes: size,
        memory_bytes: memory,
        disk_bytes: disk,
        awake_max,
    })
}

fn listens() -> impl Strategy<Value = Listen> {
    let tls = (secrets(), secrets(), any::<bool>()).prop_map(|(cert, key, required)| Tls {
        cert,
        key,
        required,
    });
    let postgres = prop::option::of((any::<[u8; 4]>(), 0..1_000_u16).prop_map(Into::into));
    let domain = prop::option::of("[a-z]{1,9}(\\.[a-z0-9]{1,9}){0,2}");
    (
        postgres,
        paths(),
        prop::option::of(tls),
        domain,
        any::<bool>(),
    )
        .prop_map(|(postgres, unix, tls, domain, proxy_protocol)| Listen {
            postgres,
            unix: Some(unix),
            domain: domain.filter(|_| tls.is_some()),
            tls,
            proxy_protocol,
        })
}

fn postgreses() -> impl Strategy<Value = Postgres> {
    let user = prop::option::of("[a-z]{1,9}");
    (
        prop::collection::vec(paths(), 0..3),
        prop::option::of(13..19_u16),
        user,
    )
        .prop_map(|(bin, version, user)| Postgres { bin, version, user })
}

fn limits() -> impl Strategy<Value = Limits> {
    let wait = || spans(1..3_600);
    let never = || prop::option::of(spans(1..1_000_000));
    let waits = (wait(), wait(), wait(), wait());
    (1..250_000_usize, 0.0..1.0_f64, waits, never(), never()).prop_map(
        |(sessions, part, waits, idle_session, idle_in_transaction)| Limits {
            sessions,
            sessions_per_user: ((sessions as f64 * part) as usize).max(1),
            sessions_per_environment: sessions,
            login: waits.0,
            connect_wait: waits.1,
            upstream_connect: waits.2,
            idle_session,
            idle_in_transaction,
            drain: waits.3,
        },
    )
}

fn branches() -> impl Strategy<Value = Branches> {
    let create = prop::sample::select(vec![CreateBranch::Command, CreateBranch::OnConnect]);
    let ttl = prop::option::of(spans(1..10_000_000));
    let disk = prop::option::of(1_000_000_000..u64::from(u32::MAX) * 1_000);
    let bounds = (1..10_001_usize, disk);
    (create, ttl, bounds, 0..17_usize, durabilities()).prop_map(
        |(create, ttl, (max, disk_bytes), spares, durability)| Branches {
            create,
            ttl,
            max,
            disk_bytes,
            spares,
            durability,
        },
    )
}

fn durabilities() -> impl Strategy<Value = Durability> {
    prop::sample::select(vec![
        Durability::Process,
        Durability::Consistent,
        Durability::Machine,
    ])
}

fn accesses() -> impl Strategy<Value = AccessMode> {
    prop::sample::select(vec![
        AccessMode::ReadOnly,
        AccessMode::Append,
        AccessMode::ReadWrite,
    ])
}

/// What a source may be; the number picks an earlier environment to refer to.
fn sources() -> impl Strategy<Value = (u8, usize, Secret, Vec<String>, String)> {
    let command = prop::collection::vec(words(), 1..4);
    (0..5_u8, any::<usize>(), secrets(), command, "[a-z]{1,12}x")
}

type Drawn = (
    (bool, Branches, Option<u8>, Durability, AccessMode),
    (Option<Duration>, usize, usize, bool),
    (u8, usize, Secret, Vec<String>, String),
);

fn environments(production: bool, ports: bool) -> impl Strategy<Value = Vec<Environment>> {
    let drawn = (
        (
            any::<bool>(),
            branches(),
            prop::option::of(0..60_u8),
            durabilities(),
            accesses(),
        ),
        (
            prop::option::of(spans(1..10_000_000)),
            3..101_usize,
            0..17_usize,
            any::<bool>(),
        ),
        sources(),
    );
    prop::collection::vec(drawn, 0..6).prop_map(move |drawn| {
        let mut environments: Vec<Environment> = Vec::new();
        for (position, drawn) in drawn.into_iter().enumerate() {
            let found = environment(position, drawn, production, &environments);
            environments.push(found);
        }
        if !ports {
            environments
                .iter_mut()
                .for_each(|environment| environment.port = None);
        }
        environments
    })
}

fn environment(
    position: usize,
    drawn: Drawn,
    production: bool,
    earlier: &[Environment],
) -> Environment {
    let ((wild, branches, minute, durability, access), (idle, generations, spares, port), source) =
        drawn;
    let star = if wild { "-*" } else { "" };
    let pattern = format!("e{position}{star}").parse().expect("a pattern");
    let managed = |environment: &&Environment| {
        !matches!(environment.source, Source::Upstream(_))
            && !environment.pattern.to_string().ends_with('*')
    };
    let targets: Vec<&Environment> = earlier.iter().filter(managed).collect();
    let (kind, pick, secret, command, database) = source;
    let source = match kind {
        0 if production => match pick % 2 {
            0 => Source::Mirror,
            _ => Source::Production,
        },
        1 if !targets.is_empty() => {
            let target = targets[pick % targets.len()].pattern.to_string();
            Source::Environment(target.parse().expect("a name"))
        }
        2 => Source::Upstream(secret),
        3 => Source::Migrations {
            migrations: Migrations::Command {
                files: command[1..].iter().map(PathBuf::from).collect(),
                words: command,
            },
            database,
            seed: None,
        },
        _ => Source::Migrations {
            migrations: Migrations::Directory(command[0].clone().into()),
            database,
            seed: (pick % 2 == 0).then(|| Seed {
                seed: pick as u64 >> 1,
                scale_per_mille: pick as u64 % 9_000 + 1,
                scenarios: Vec::new(),
            }),
        },
    };
    let port = (port && !wild).then(|| 6_500 + u16::try_from(position).expect("a small number"));
    if matches!(source, Source::Upstream(_)) {
        return Environment {
            access,
            port,
            ..Environment::new(pattern, source)
        };
    }
    let schedule = minute.map(|minute| format!("{minute} 3 * * *").parse().expect("a schedule"));
    Environment {
        access,
        branches,
        reset: schedule.clone(),
        refresh: schedule.filter(|_| matches!(source, Source::Mirror | Source::Production)),
        port,
        durability,
        idle,
        generations,
        spares,
        ..Environment::new(pattern, source)
    }
}

fn users(
    config: &Config,
) -> impl Strategy<Value = BTreeMap<crate::name::UserName, crate::config::User>> + use<> {
    let mut grants = vec![Grant::All];
    let patterns: BTreeSet<_> = config
        .environments
        .iter()
        .map(|e| e.pattern.clone())
        .collect();
    grants.extend(patterns.into_iter().map(Grant::Pattern));
    let user = (
        secrets(),
        prop::collection::vec(prop::sample::select(grants), 0..3),
        prop::sample::select(vec![Role::Viewer, Role::Operator, Role::Admin]),
        accesses(),
    )
        .prop_map(
            |(password, environments, role, access)| crate::config::User {
                password: Password::Secret(password),
                environments,
                access,
                role,
            },
        );
    let name = "[a-zA-Z][a-zA-Z0-9 @.\"_-]{0,20}".prop_map(|name| name.parse().expect("a user"));
    prop::collection::btree_map(name, user, 0..4)
}

fn seeds() -> impl Strategy<Value = SeedRules> {
    let tables = prop::collection::btree_map("[a-z\"é. ]{1,9}", 0_u64..1_000_000, 0..3);
    (any::<bool>(), any::<bool>(), tables).prop_map(|(live, fire, tables)| SeedRules {
        mode: if live {
            LoadMode::Live
        } else {
            LoadMode::Rebuild
        },
        triggers: if fire {
            TriggerPolicy::Fire
        } else {
            TriggerPolicy::Suppress
        },
        tables: tables
            .into_iter()
            .map(|(name, rows)| {
                let rules = TableRules {
                    rows: Some(rows),
                    ..TableRules::default()
                };
                (Name::new("public", name), rules)
            })
            .collect(),
        ..SeedRules::default()
    })
}

fn seed_lines(seed: &SeedRules, line: &mut impl FnMut(String)) {
    line("[seed]".into());
    let live = seed.mode == LoadMode::Live;
    line(format!(
        "mode = \"{}\"",
        if live { "live" } else { "rebuild" }
    ));
    let fire = seed.triggers == TriggerPolicy::Fire;
    line(format!(
        "triggers = \"{}\"",
        if fire { "fire" } else { "suppress" }
    ));
    for (name, table) in &seed.tables {
        line(format!("[seed.tables.{}]", quoted(name)));
        line(format!("rows = {}", table.rows.expect("always generated")));
    }
}

/// The configuration as TOML, with every key written out.
pub(super) fn toml_of(config: &Config) -> String {
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes every line");
    let Config {
        pool,
        listen,
        postgres,
        users,
        production,
        environments,
        limits,
        seed,
        masking,
    } = config;
    line("[pool]".into());
    line(format!("path = {}", quoted(&pool.path.display())));
    if let Some(bytes) = pool.size_bytes {
        line(format!("size = \"{:#}\"", Bytes(bytes)));
    }
    if let Some(bytes) = pool.memory_bytes {
        line(format!("memory = \"{:#}\"", Bytes(bytes)));
    }
    if let Some(bytes) = pool.disk_bytes {
        line(format!("disk = \"{:#}\"", Bytes(bytes)));
    }
    line(format!("awake_max = {}", pool.awake_max));
    line(format!("check = {:?}", pool.check.as_str()));
    listen_lines(listen, &mut line);
    seed_lines(seed, &mut line);
    line("[postgres]".into());
    line(format!(
        "bin = {}",
        array(postgres.bin.iter().map(|bin| quoted(&bin.display())))
    ));
    if let Some(version) = postgres.version {
        line(format!("version = {version}"));
    }
    if let Some(user) = &postgres.user {
        line(format!("user = {}", quoted(user)));
    }
    if let Some(production) = production {
        line("[production]".into());
        line(format!("url = {}", quoted(&production.url)));
    }
    if let Some(masking) = masking {
        line(format!("[masking]\nkey = {}", quoted(&masking.key)));
    }
    for (name, user) in users {
        line(format!("[users.{}]", quoted(name)));
        let Password::Secret(secret) = &user.password else {
            panic!("only references are drawn");
        };
        line(format!("password = {}", quoted(secret)));
        let grant = |grant: &Grant| match grant {
            Grant::All => quoted(&"*"),
            Grant::Pattern(pattern) => quoted(pattern),
        };
        line(format!(
            "environments = {}",
            array(user.environments.iter().map(grant))
        ));
        line(format!("access = \"{}\"", user.access));
        line(format!("role = \"{}\"", user.role));
    }
    environments
        .iter()
        .for_each(|environment| environment_lines(environment, &mut line));
    limit_lines(limits, &mut line);
    text
}

fn listen_lines(listen: &Listen, line: &mut impl FnMut(String)) {
    line("[listen]".into());
    match listen.postgres {
        Some(address) => line(format!("postgres = \"{address}\"")),
        None => line("postgres = \"off\"".into()),
    }
    if let Some(unix) = &listen.unix {
        line(format!("unix = {}", quoted(&unix.display())));
    }
    if let Some(Tls {
        cert,
        key,
        required,
    }) = &listen.tls
    {
        let (cert, key) = (quoted(cert), quoted(key));
        line(format!(
            "tls = {{ cert = {cert}, key = {key}, required = {required} }}"
        ));
    }
    if let Some(domain) = &listen.domain {
        line(format!("domain = {}", quoted(domain)));
    }
    line(format!("proxy_protocol = {}", listen.proxy_protocol));
}

fn migration_words(migrations: &Migrations) -> String {
    let (words, files) = match migrations {
        Migrations::Directory(path) => return quoted(&path.display()),
        Migrations::Command { words, files } => (array(words.iter().map(quoted)), files),
    };
    if files.is_empty() {
        return words;
    }
    let files = array(files.iter().map(|path| quoted(&path.display())));
    format!("{words}, files = {files}")
}

fn environment_lines(environment: &Environment, line: &mut impl FnMut(String)) {
    line(format!("[environments.{}]", quoted(&environment.pattern)));
    match &environment.source {
        Source::Production => line("source = \"production\"".into()),
        Source::Mirror => line("source = { mirror = \"production\", unmasked = true }".into()),
        Source::Environment(name) => line(format!("source = {{ environment = \"{name}\" }}")),
        Source::Upstream(url) => line(format!("source = {{ upstream = {} }}", quoted(url))),
        Source::Migrations {
            migrations,
            database,
            seed,
        } => {
            let migrations = migration_words(migrations);
            let database = quoted(database);
            let seed = seed.as_ref().map_or_else(String::new, |seed| {
                let scale = seed.scale_per_mille;
                format!(
                    ", seed = {}, scale = {}.{:03}",
                    seed.seed,
                    scale / 1_000,
                    scale % 1_000
                )
            });
            line(format!(
                "source = {{ migrations = {migrations}, database = {database}{seed} }}"
            ));
        }
    }
    line(format!("access = \"{}\"", environment.access));
    if let Some(port) = environment.port {
        line(format!("port = {port}"));
    }
    if matches!(environment.source, Source::Upstream(_)) {
        return;
    }
    for (key, cron) in [
        ("reset", &environment.reset),
        ("refresh", &environment.refresh),
    ] {
        if let Some(cron) = cron {
            line(format!("{key} = \"{cron}\""));
        }
    }
    line(format!("durability = \"{}\"", environment.durability));
    line(format!("idle = {}", or_never(environment.idle)));
    line(format!("generations = {}", environment.generations));
    line(format!("spares = {}", environment.spares));
    let Branches {
        create,
        ttl,
        max,
        disk_bytes,
        spares,
        durability,
    } = &environment.branches;
    let ttl = or_never(*ttl);
    let disk = disk_bytes.map_or_else(String::new, |bytes| {
        format!("disk = \"{:#}\", ", Bytes(bytes))
    });
    line(format!(
        "branches = {{ create = \"{create}\", ttl = {ttl}, max = {max}, {disk}spares = {spares}, \
         durability = \"{durability}\" }}"
    ));
}

fn limit_lines(limits: &Limits, line: &mut impl FnMut(String)) {
    line("[limits]".into());
    line(format!("sessions = {}", limits.sessions));
    line(format!("sessions_per_user = {}", limits.sessions_per_user));
    line(format!(
        "sessions_per_environment = {}",
        limits.sessions_per_environment
    ));
    line(format!("login = \"{:#}\"", Span(limits.login)));
    line(format!(
        "connect_wait = \"{:#}\"",
        Span(limits.connect_wait)
    ));
    line(format!(
        "upstream_connect = \"{:#}\"",
        Span(limits.upstream_connect)
    ));
    line(format!("idle_session = {}", or_never(limits.idle_session)));
    line(format!(
        "idle_in_transaction = {}",
        or_never(limits.idle_in_transaction)
    ));
    line(format!("drain = \"{:#}\"", Span(limits.drain)));
}

fn or_never(span: Option<Duration>) -> String {
    span.map_or("\"never\"".into(), |span| format!("\"{:#}\"", Span(span)))
}

/// A TOML basic string.
fn quoted(text: &impl ToString) -> String {
    let text = text.to_string().replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

fn array(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(", "))
}

#[test]
fn the_written_defaults_are_the_defaults() {
    let text = toml_of(&Config::default()).replace("bin = []\n", "");
    assert!(
        text.contains(&format!("awake_max = {}\n", defaults::AWAKE_MAX)),
        "{text}"
    );
    assert_eq!(super::parsed(&text), Config::default());
}
