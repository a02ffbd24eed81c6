//! Which environment a name means, and who may enter it.

use super::parsed;
use crate::config::{AccessMode, Config, Denied, Source, needs_restart};
use crate::name::{EnvironmentName, UserName};

const CONFIG: &str = r#"
[production]
url = "env:P"
[environments.raw]
source = { mirror = "production", unmasked = true }
[environments.raw-child]
source = { environment = "raw" }
[environments."raw-*"]
source = { environment = "raw-child" }
[environments.qa]
source = { migrations = "m" }
[environments."test-*"]
source = { environment = "qa" }
[environments."test-eu-*"]
source = { environment = "qa" }
[environments.test-eu-1]
source = { environment = "qa" }
[environments.uat]
source = { upstream = "env:U" }
[users.all]
password = "env:A"
environments = ["*"]
[users.prefix]
password = "env:A"
environments = ["raw-*", "test-*"]
[users.named]
password = "env:A"
environments = ["raw", "raw-child", "raw-7"]
[users.nobody]
password = "env:A"
"#;

fn config() -> Config {
    parsed(CONFIG)
}

fn environment(name: &str) -> EnvironmentName {
    name.parse().expect("a name")
}

fn user(name: &str) -> UserName {
    name.parse().expect("a user")
}

#[test]
fn an_exact_name_wins_over_prefixes_and_the_longest_prefix_over_shorter_ones() {
    let config = config();
    let table = |name: &str| {
        let table = config.environment_for(&environment(name));
        table.map(|table| table.pattern.to_string())
    };
    assert_eq!(table("test-eu-1").as_deref(), Some("test-eu-1"));
    assert_eq!(table("test-eu-2").as_deref(), Some("test-eu-*"));
    assert_eq!(table("test-7").as_deref(), Some("test-*"));
    assert_eq!(table("raw-child").as_deref(), Some("raw-child"));
    assert_eq!(table("raw-8").as_deref(), Some("raw-*"));
    assert_eq!(table("test"), None);
    assert_eq!(table("production"), None);
}

#[test]
fn rawness_is_inherited_through_sources() {
    let config = config();
    let is_raw =
        |name: &str| config.is_raw(config.environment_for(&environment(name)).expect("a table"));
    for raw in ["raw", "raw-child", "raw-7"] {
        assert!(is_raw(raw), "{raw}");
    }
    for clean in ["qa", "test-7", "uat"] {
        assert!(!is_raw(clean), "{clean}");
    }
}

#[test]
fn a_source_that_is_lost_or_goes_in_circles_counts_as_raw() {
    let mut config = config();
    config
        .environments
        .retain(|table| table.pattern.to_string() != "qa");
    let test = config
        .environment_for(&environment("test-7"))
        .expect("a table");
    assert!(config.is_raw(test));
    let mut circle = parsed("[environments.a]\nsource = { migrations = \"m\" }\n");
    circle.environments[0].source = Source::Environment(environment("a"));
    assert!(circle.is_raw(&circle.environments[0]));
}

#[test]
fn unmasked_data_is_entered_only_by_who_lists_the_environment_by_name() {
    let config = config();
    let may = |who: &str, place: &str| config.may_enter(&user(who), &environment(place));
    let unmasked = |who: &str, place: &str| {
        Err(Denied::Unmasked {
            user: user(who),
            environment: environment(place),
        })
    };
    let not_listed = |who: &str, place: &str| {
        Err(Denied::NotListed {
            user: user(who),
            environment: environment(place),
        })
    };
    assert_eq!(may("all", "qa"), Ok(()));
    assert_eq!(may("all", "test-7"), Ok(()));
    assert_eq!(may("all", "uat"), Ok(()));
    for raw in ["raw", "raw-child", "raw-7"] {
        assert_eq!(may("all", raw), unmasked("all", raw));
        assert_eq!(may("named", raw), Ok(()));
    }
    assert_eq!(may("prefix", "raw-7"), unmasked("prefix", "raw-7"));
    assert_eq!(may("prefix", "test-7"), Ok(()));
    assert_eq!(may("prefix", "raw"), not_listed("prefix", "raw"));
    assert_eq!(may("named", "raw-8"), not_listed("named", "raw-8"));
    assert_eq!(may("nobody", "qa"), not_listed("nobody", "qa"));
}

#[test]
fn unknown_users_and_environments_are_denied() {
    let config = config();
    let may = |who: &str, place: &str| config.may_enter(&user(who), &environment(place));
    assert_eq!(may("eve", "qa"), Err(Denied::UnknownUser(user("eve"))));
    // A stranger does not learn which environments there are.
    assert_eq!(may("eve", "nowhere"), Err(Denied::UnknownUser(user("eve"))));
    assert_eq!(
        may("all", "nowhere"),
        Err(Denied::UnknownEnvironment(environment("nowhere")))
    );
}

#[test]
fn a_mistyped_environment_is_suggested() {
    let config = config();
    assert_eq!(config.suggest_environment("qaa").as_deref(), Some("qa"));
    assert_eq!(
        config.suggest_environment("raw-chlid").as_deref(),
        Some("raw-child")
    );
    assert_eq!(config.suggest_environment("somewhere"), None);
    let user = |name| config.suggest_user(name).map(ToString::to_string);
    assert_eq!(user("namd").as_deref(), Some("named"));
    assert_eq!(user("eve"), None);
}

#[test]
fn only_places_need_a_restart() {
    let old = config();
    assert_eq!(needs_restart(&old, &old), Vec::<String>::new());
    let changes = [
        ("[pool]\npath = \"x\"\n", "pool.path"),
        ("[pool]\nmemory = \"4GB\"\n", "pool.memory"),
        ("[pool]\ndisk = \"4GB\"\n", "pool.disk"),
        ("[pool]\nawake_max = 3\n", "pool.awake_max"),
        ("[pool]\ncheck = \"integrity\"\n", "pool.check"),
        ("[postgres]\nbin = [\"x\"]\n", "postgres.bin"),
        ("[postgres]\nuser = \"x\"\n", "postgres.user"),
        ("[listen]\npostgres = \"127.0.0.1:1\"\n", "listen.postgres"),
        ("[listen]\nunix = \"x\"\n", "listen.unix"),
        ("[listen]\nproxy_protocol = true\n", "listen.proxy_protocol"),
        (
            "[listen]\ntls = { cert = \"file:c\", key = \"file:k\" }\n",
            "listen.tls",
        ),
    ];
    for (change, key) in changes {
        let new = parsed(&format!("{CONFIG}{change}"));
        assert_eq!(needs_restart(&old, &new), [key]);
    }
    let tls = "[listen]\ntls = { cert = \"file:c\", key = \"file:k\" }\n";
    let domain = format!("{tls}domain = \"x.org\"\n");
    assert_eq!(
        needs_restart(&parsed(tls), &parsed(&domain)),
        ["listen.domain"]
    );
    let harmless = "[limits]\nsessions = 3\n[postgres]\nversion = 15\n";
    assert_eq!(
        needs_restart(&Config::default(), &parsed(harmless)),
        Vec::<String>::new()
    );
}

#[test]
fn a_user_may_have_less_than_the_environment_and_never_more() {
    let config = parsed(
        "[environments.ro]\nsource = { migrations = \"m\" }\naccess = \"read-only\"\n\
         [environments.ao]\nsource = { migrations = \"m\" }\naccess = \"append\"\n\
         [environments.rw]\nsource = { migrations = \"m\" }\n\
         [users.reader]\npassword = \"env:A\"\nenvironments = [\"*\"]\naccess = \"read-only\"\n\
         [users.tester]\npassword = \"env:A\"\nenvironments = [\"ro\", \"rw\"]\n",
    );
    let access = |who: &str, place: &str| {
        let table = config.environment_for(&environment(place));
        config.access(&user(who), table.expect("a table"))
    };
    assert_eq!(access("reader", "rw"), AccessMode::ReadOnly);
    assert_eq!(access("tester", "rw"), AccessMode::ReadWrite);
    assert_eq!(access("tester", "ao"), AccessMode::Append);
    assert_eq!(access("tester", "ro"), AccessMode::ReadOnly);
    assert_eq!(access("nobody", "rw"), AccessMode::ReadOnly);
    let reader = (user("reader"), AccessMode::ReadOnly);
    let tester = (user("tester"), AccessMode::ReadWrite);
    assert_eq!(
        config.entrants(&environment("rw")),
        [reader.clone(), tester]
    );
    assert_eq!(config.entrants(&environment("ao")), [reader]);
    assert!(config.entrants(&environment("none")).is_empty());
}
