//! What makes a record of a person one record.

use std::collections::HashSet;

use super::*;
use crate::key::Key;

fn people() -> People {
    People::new(&Key::derive(7, &["public", "users"]), Locales::default())
}

#[test]
fn identity_coherent() {
    let people = people();
    for index in 0..5_000 {
        let person = people.person(index);
        let locale = person.locale();
        let email = person.email();
        assert!(email.contains(&person.given().ascii), "{email}");
        assert!(email.contains(&person.family().ascii), "{email}");
        let username = person.username();
        assert!(username.starts_with(&person.given().ascii), "{username}");
        let domain = email.split('@').nth(1).expect("a domain");
        assert!(
            locale.domains.contains(&domain),
            "{email} of {}",
            locale.tag
        );
        let name = person.full_name();
        assert!(name.contains(person.given().text) && name.contains(person.family().text));
        assert!(
            locale
                .places
                .iter()
                .any(|place| place.city == person.place().city)
        );
        let phone = person.phone();
        let own = format!("+{} ", locale.calling_code);
        let unassigned = format!("+999 {} ", locale.calling_code);
        assert!(
            phone.starts_with(&own) || phone.starts_with(&unassigned),
            "{phone}"
        );
        let (latitude, longitude) = person.position();
        assert!((latitude - i64::from(person.place().latitude) * 1_000).abs() <= 60_000);
        assert!((longitude - i64::from(person.place().longitude) * 1_000).abs() <= 60_000);
    }
}

#[test]
fn no_two_people_share_a_user_name_or_an_email() {
    let people = people();
    let rows = if cfg!(debug_assertions) {
        200_000
    } else {
        1_000_000
    };
    let (mut usernames, mut emails) = (HashSet::new(), HashSet::new());
    // Rows at the far end of the space too: no number of rows changes what is before it.
    for index in (0..rows).chain((1 << 40) - rows / 4..1 << 40) {
        let person = people.person(index);
        assert!(
            usernames.insert(person.username().to_lowercase()),
            "{}",
            person.username()
        );
        assert!(
            emails.insert(person.email().to_lowercase()),
            "{}",
            person.email()
        );
    }
}

/// The locales whose lists are shortest and overlap most, over many blocks of namesakes.
#[test]
fn locales_that_share_names_share_no_user_name() {
    let shares = [
        ("pt-PT", 1),
        ("pt-BR", 1),
        ("es-ES", 1),
        ("zh-CN", 1),
        ("zh-TW", 1),
    ];
    let locales = Locales::weighted(&shares).expect("known locales");
    let people = People::new(&Key::derive(1, &["x"]), locales);
    let (mut usernames, mut emails) = (HashSet::new(), HashSet::new());
    for index in 0..200_000 {
        let person = people.person(index);
        assert!(usernames.insert(person.username()), "{}", person.username());
        assert!(emails.insert(person.email()), "{}", person.email());
    }
}

#[test]
fn short_columns_keep_user_names_and_emails_apart() {
    let people = people();
    let (mut usernames, mut emails) = (HashSet::new(), HashSet::new());
    for index in 0..50_000 {
        let person = people.person(index);
        let (mut username, mut email) = (String::new(), String::new());
        person.write_username(12, &mut username);
        person.write_email(24, &mut email);
        assert!(
            username.len() <= 12 && email.len() <= 24,
            "{username} {email}"
        );
        assert!(usernames.insert(username));
        assert!(emails.insert(email));
    }
}

#[test]
fn shares_of_locales_are_the_asked_ones() {
    let locales = Locales::weighted(&[("de_de", 3), ("fr-FR", 1)]).expect("known locales");
    let people = People::new(&Key::derive(1, &["x"]), locales);
    let germans = (0..10_000).filter(|&index| people.person(index).locale().tag == "de-DE");
    let germans = germans.count();
    assert!((7_300..7_700).contains(&germans), "{germans}");
    let unknown = Locales::weighted(&[("xx", 1)]).expect_err("unknown");
    assert_eq!(unknown.to_string(), "no locale \"xx\"");
}
