//! Each fitting statement of the corpus as the inner part of PREPARE, EXPLAIN ANALYZE, COPY and DECLARE
//! CURSOR: the guard says of it what it says of the statement alone.

use super::corpus::{cases, texts};
use super::forms::Form;
use super::{codes, rules};

/// The first denial of several messages, per mode.
fn first_codes(messages: &[String]) -> [&'static str; 3] {
    let mut found = ["-"; 3];
    for message in messages {
        for (first, code) in found.iter_mut().zip(codes(message.as_bytes())) {
            if *first == "-" {
                *first = code;
            }
        }
    }
    found
}

#[test]
fn a_statement_is_judged_within_another_as_it_is_alone() {
    let (mut wrong, mut judged) = (Vec::new(), [0; Form::ALL.len()]);
    for case in cases() {
        for sql in texts(&case) {
            for (form, judged) in Form::ALL.into_iter().zip(&mut judged) {
                let Some(messages) = form.around(&sql, &[]) else {
                    continue;
                };
                *judged += 1;
                let (alone, within) = (codes(sql.as_bytes()), first_codes(&messages));
                if alone != within {
                    let fired = messages.iter().map(|message| rules(message.as_bytes()));
                    let fired: Vec<_> = fired.collect();
                    wrong.push(format!(
                        "{messages:?}: {within:?} by {fired:?}, alone {alone:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(judged.iter().all(|judged| *judged > 90), "{judged:?}");
}
