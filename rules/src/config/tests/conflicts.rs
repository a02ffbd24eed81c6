//! Settings that cannot stand together.

use super::{check, parsed};

const PRODUCTION: &str = "[production]\nurl = \"env:P\"\n";

#[test]
fn references_exist_and_have_a_table_of_their_own() {
    check(
        "[environments.qa]\nsource = { environment = \"stagin\" }\n\
         [environments.staging]\nsource = { migrations = \"m\" }\n",
        &[
            "2:26: environment \"stagin\" does not exist; expected one of qa, staging; did you mean \
           \"staging\"?",
        ],
    );
    check(
        "[environments.qa]\nsource = { environment = \"test-7\" }\n\
         [environments.\"test-*\"]\nsource = { migrations = \"m\" }\n",
        &[
            "2:26: environment \"test-7\" has no table of its own, only \"test-*\" matches it; \
           expected one of qa; add [environments.test-7], or name what \"test-*\" is made from",
        ],
    );
    check(
        "[environments.qa]\nsource = { environment = \"test-*\" }\n\
         [environments.\"test-*\"]\nsource = { migrations = \"m\" }\n",
        &[
            "2:26: \"test-*\" is a wildcard, which has no data of its own; expected the name of \
           another environment; name one environment, for example the one it is made from",
        ],
    );
}

#[test]
fn a_reference_to_a_faulty_environment_is_not_reported() {
    check(
        "[environments.qa]\nsource = { environment = \"staging\" }\n\
         [environments.staging]\nsource = { migrations = 1 }\n[users.a]\npassword = \"env:A\"\n\
         environments = [\"staging\"]\n",
        &["4:25: \"environments.staging.source.migrations\" is a number"],
    );
}

#[test]
fn sources_do_not_go_in_a_circle() {
    check(
        "[environments.a]\nsource = { environment = \"b\" }\n\
         [environments.b]\nsource = { environment = \"c\" }\n\
         [environments.c]\nsource = { environment = \"b\" }\n\
         [environments.d]\nsource = { environment = \"d\" }\n",
        &[
            "4:26: sources go in a circle: b -> c -> b; expected a source that ends at migrations \
             or a mirror",
            "6:26: sources go in a circle: c -> b -> c",
            "8:26: sources go in a circle: d -> d",
        ],
    );
}

#[test]
fn a_long_circle_is_shortened() {
    let text: String = (10..50)
        .map(|n| {
            let next = if n == 49 { 10 } else { n + 1 };
            format!("[environments.e{n}]\nsource = {{ environment = \"e{next}\" }}\n")
        })
        .collect();
    let problems = super::parse(&text).expect_err("a circle");
    assert_eq!(problems.len(), 40);
    assert_eq!(
        problems[0].message,
        "sources go in a circle: e10 -> e11 -> e12 -> e13 -> e14 -> e15 -> e16 -> e17 -> e18 -> \
         e19 -> e20 -> ... -> e10"
    );
}

#[test]
fn an_upstream_has_no_snapshot_to_start_from() {
    check(
        "[environments.uat]\nsource = { upstream = \"env:U\" }\n\
         [environments.qa]\nsource = { environment = \"uat\" }\n",
        &[
            "4:26: environment \"uat\" is an upstream, which has no snapshots; expected an \
           environment that Standin manages",
        ],
    );
}

#[test]
fn what_needs_a_pool_is_refused_for_an_upstream() {
    check(
        "[environments.uat]\nsource = { upstream = \"env:U\" }\nreset = \"0 6 * * *\"\n\
         refresh = \"0 6 * * *\"\nidle = \"1h\"\ngenerations = 4\nspares = 0\n\
         durability = \"machine\"\nport = 6433\n[environments.uat.branches]\nmax = 1\n",
        &[
            "3:1: an upstream has no \"reset\": Standin does not manage that server; remove this \
             key",
            "4:1: only a copy of production can be refreshed; schedule a reset instead",
            "5:1: an upstream has no \"idle\"",
            "6:1: an upstream has no \"generations\"",
            "7:1: an upstream has no \"spares\"",
            "8:1: an upstream has no \"durability\"",
            "10:19: an upstream has no \"branches\"",
        ],
    );
}

#[test]
fn only_a_copy_of_production_is_refreshed() {
    check(
        "[environments.a]\nsource = { migrations = \"m\" }\nrefresh = \"0 6 * * *\"\n\
         [environments.b]\nsource = { environment = \"a\" }\nrefresh = \"0 6 * * *\"\n",
        &[
            "3:1: only a copy of production can be refreshed; schedule a reset instead",
            "6:1: only a copy of production can be refreshed; schedule the refresh of \"a\" and a reset here",
        ],
    );
}

#[test]
fn a_mirror_says_that_it_is_unmasked_and_has_a_production() {
    check(
        &format!("{PRODUCTION}[environments.raw]\nsource = {{ mirror = \"production\" }}\n"),
        &[
            "4:21: a mirror holds production's data as it is, without masks; expected unmasked = \
           true, said in so many words; with it only users who list the environment by name may \
           enter; \"*\" does not grant it",
        ],
    );
    check(
        &format!(
            "{PRODUCTION}[environments.raw]\nsource = {{ mirror = \"production\", unmasked = false }}\n"
        ),
        &["4:46: a mirror holds production's data as it is, without masks"],
    );
    check(
        "[environments.raw]\nsource = { mirror = \"production\", unmasked = true }\n",
        &[
            "2:21: there is no [production] to copy; add [production] with url = \
           \"env:PRODUCTION_URL\"",
        ],
    );
    parsed(&format!(
        "{PRODUCTION}[environments.raw]\nsource = {{ mirror = \"production\", unmasked = true }}\n\
         refresh = \"0 3 * * *\"\n"
    ));
}

#[test]
fn ports_are_unique() {
    check(
        "[environments.a]\nsource = { migrations = \"m\" }\nport = 6432\n\
         [environments.b]\nsource = { migrations = \"m\" }\nport = 6433\n\
         [environments.c]\nsource = { migrations = \"m\" }\nport = 6433\n",
        &[
            "3:8: port 6432 is already that of listen.postgres; expected a port of its own",
            "9:8: port 6433 is already that of environments.b.port; expected a port of its own",
        ],
    );
}

#[test]
fn a_wildcard_has_no_port() {
    check(
        "[environments.\"test-*\"]\nsource = { migrations = \"m\" }\nport = 6433\n",
        &[
            "3:1: a port names one environment, and \"test-*\" is many; clients reach them as \
           database@environment",
        ],
    );
}

#[test]
fn something_listens() {
    check(
        "[listen]\npostgres = \"off\"\n",
        &[
            "2:12: nothing listens: \"listen.postgres\" is \"off\" and \"listen.unix\" is missing; \
           add unix = \"/run/standin\"",
        ],
    );
    check(
        "[listen]\npostgres = \"off\"\nunix = \"/run/standin\"\n[environments.a]\n\
         source = { migrations = \"m\" }\nport = 6433\n",
        &[
            "6:8: a port needs an address, and \"listen.postgres\" is \"off\"; set listen.postgres, \
           or remove the port",
        ],
    );
}

#[test]
fn a_domain_needs_tls() {
    check(
        "[listen]\ndomain = \"db.example.org\"\n",
        &[
            "2:10: a domain without \"listen.tls\" names nothing; a client sends the server name \
           inside TLS; add tls = { cert = \"file:cert.pem\", key = \"file:key.pem\" }",
        ],
    );
}

#[test]
fn parts_of_sessions_fit_the_whole() {
    check(
        "[limits]\nsessions = 10\nsessions_per_user = 11\n",
        &[
            "3:21: sessions_per_user is above sessions, which is 10; lower it to 10 or raise \
           sessions",
        ],
    );
    let limits = parsed("[limits]\nsessions = 10\n").limits;
    assert_eq!(
        (limits.sessions_per_user, limits.sessions_per_environment),
        (10, 10)
    );
}

#[test]
fn grants_match_something() {
    let environments = "[environments.qa]\nsource = { migrations = \"m\" }\n\
                        [environments.\"test-*\"]\nsource = { environment = \"qa\" }\n\
                        [users.ada]\npassword = \"env:A\"\n";
    check(
        &format!("{environments}environments = [\"qaa\", \"prod-*\", \"test\"]\n"),
        &[
            "7:17: environment \"qaa\" does not exist; expected one of qa, test-*; did you mean \
             \"qa\"?",
            "7:24: no environment begins like \"prod-*\"; expected one of qa, test-*",
            "7:34: environment \"test\" does not exist; expected one of qa, test-*; did you mean \
             \"test-*\"?",
        ],
    );
    let all = "[\"*\", \"qa\", \"test-7\", \"test-*\", \"test-a-*\", \"te*\", \"q*\"]";
    parsed(&format!("{environments}environments = {all}\n"));
    check(
        "[users.ada]\npassword = \"env:A\"\nenvironments = [\"qa\"]\n",
        &[
            "3:17: environment \"qa\" does not exist; expected an environment, of which there are \
           none",
        ],
    );
}

#[test]
fn a_list_with_a_wrong_grant_is_judged_no_further() {
    check(
        "[users.ada]\npassword = \"env:A\"\nenvironments = [1, \"nowhere\"]\n",
        &["3:17: \"users.ada.environments[0]\" is a number"],
    );
}

#[test]
fn a_mistake_beside_a_table_does_not_silence_it() {
    check(
        "listen-too = 1\n[listen]\ndomain = \"db.example.org\"\n",
        &[
            "1:1: unknown key \"listen-too\" in the file",
            "3:10: a domain without \"listen.tls\" names nothing",
        ],
    );
}
