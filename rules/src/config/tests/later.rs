//! What the design has and this version has not is refused by name.

use super::check;
use crate::config::{ProblemKind, parse};

#[test]
fn tables_and_listeners_that_come_later() {
    check(
        "[gateway]\ndefault = \"block\"\n\
         [[gateway.routes]]\nmail = \"*\"\n[listen]\nadmin = \"127.0.0.1:6480\"\n\
         http_proxy = \"127.0.0.1:6488\"\nsmtp = \"127.0.0.1:6425\"\n",
        &[
            "1:2: [gateway] is not available yet; applications reach third parties without \
             Standin; remove this table",
            "6:1: \"listen.admin\" is not available yet; the command line reaches the daemon \
             through its control socket; remove this key",
            "7:1: \"listen.http_proxy\" is not available yet",
            "8:1: \"listen.smtp\" is not available yet",
        ],
    );
}

#[test]
fn settings_of_environments_that_come_later() {
    check(
        "[environments.a]\nsource = { migrations = \"m\" }\n\
         ladder = [\"1m\"]\ndrill = \"0 5 * * *\"\n",
        &[
            "3:1: \"environments.a.ladder\" is not available yet; `standin snapshot create` takes \
             a snapshot by hand",
            "4:1: \"environments.a.drill\" is not available yet",
        ],
    );
}

#[test]
fn their_kind_is_told_apart_from_mistakes() {
    let kind = |text| parse(text).expect_err("a wrong configuration")[0].kind;
    assert_eq!(kind("[gateway]\n"), ProblemKind::NotAvailable);
    assert_eq!(kind("[maskin]\n"), ProblemKind::UnknownKey);
}
