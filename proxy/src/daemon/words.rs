//! What the causes of an error say to a client: roles of ours have names that mean nothing to it.

use std::borrow::Cow;

/// How the names of all our roles begin.
const OURS: &str = "standin_";
/// The roles of everybody, in the words of the documentation.
const GROUPS: [(&str, &str); 5] = [
    ("standin_readers", "clients with read-only access"),
    ("standin_appenders", "clients with append access"),
    ("standin_users", "clients with read-write access"),
    ("standin_owner", "the owner of the database"),
    ("standin_deputy", "the daemon itself"),
];
/// Before the name of a user; a hash stands for a long one.
const LOGINS: [(&str, &str); 6] = [
    ("standin_readerhash_", ""),
    ("standin_appenderhash_", ""),
    ("standin_userhash_", ""),
    ("standin_reader_", "user "),
    ("standin_appender_", "user "),
    ("standin_user_", "user "),
];

/// Puts who is meant in the place of each role of ours.
pub(super) fn for_clients(text: &str) -> Cow<'_, str> {
    if !text.contains(OURS) {
        return text.into();
    }
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OURS) {
        let (before, role) = rest.split_at(at);
        let ours = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
        let end = role.find(|c| !ours(c)).unwrap_or(role.len());
        let name = role[..end].trim_end_matches('.');
        said.push_str(before);
        said.push_str(&meant(name));
        rest = &role[name.len()..];
    }
    said.push_str(rest);
    said.into()
}

fn meant(role: &str) -> String {
    if let Some((_, group)) = GROUPS.iter().find(|(name, _)| *name == role) {
        return (*group).to_owned();
    }
    let user = LOGINS.iter().find_map(|(prefix, noun)| {
        let name = role.strip_prefix(prefix)?;
        Some(match *noun {
            "" => "a user".to_owned(),
            noun => format!("{noun}{name}"),
        })
    });
    user.unwrap_or_else(|| "an object of Standin".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_ours_are_told_as_those_whom_they_stand_for() {
        for (text, said) in [
            ("nothing of ours", "nothing of ours"),
            (
                "permission denied for standin_reader_ada.",
                "permission denied for user ada.",
            ),
            (
                "role \"standin_appender_a-b\" is a member of standin_readers",
                "role \"user a-b\" is a member of clients with read-only access",
            ),
            ("standin_userhash_00ff", "a user"),
            (
                "\"CREATE TABLE standin_attempt (a int)\" succeeds",
                "\"CREATE TABLE an object of Standin (a int)\" succeeds",
            ),
        ] {
            assert_eq!(for_clients(text), said);
        }
    }
}
