//! Denied copies, and denied statements around copies.

use rules::config::AccessMode;

use super::{COUNT, DELETE, Named, burst, each, raw};
use crate::client::message;
use crate::guard::play::{Step, denied, denied_parse, fine};
use crate::scripts::frames::{bind, execute, sync};

pub(super) fn copies(mode: AccessMode) -> Vec<Named> {
    let stray = || {
        raw(&[
            message(b'd', b"1\n"),
            message(b'c', b""),
            message(b'd', b"2\n"),
            message(b'f', b"never mind\0"),
        ])
    };
    let two = "copy journal from stdin; delete from items";
    let mut all = vec![
        (
            "COPY with a denied statement behind it",
            burst(vec![denied(two), stray(), fine(COUNT)], 2),
        ),
        (
            "COPY of what a denied statement returns",
            each(vec![
                denied("copy (delete from items returning id) to stdout"),
                fine("copy (select 1) to stdout"),
            ]),
        ),
    ];
    if mode == AccessMode::ReadOnly {
        let copy = "copy journal from stdin";
        let begun = raw(&[bind("", "", &[]), execute("", 0)]);
        all.extend([
            (
                "COPY FROM",
                burst(vec![denied(copy), stray(), fine(COUNT)], 2),
            ),
            (
                "COPY FROM by the extended protocol",
                burst(
                    vec![
                        denied_parse("", copy),
                        begun,
                        stray(),
                        raw(&[sync()]),
                        fine(COUNT),
                    ],
                    2,
                ),
            ),
        ]);
    } else {
        let begun = || {
            [
                Step::Send(vec![fine("copy journal from stdin")]),
                Step::Until(b'G'),
            ]
        };
        let mut aside = begun().to_vec();
        aside.extend([Step::Send(vec![denied(DELETE)]), Step::Rest]);
        let mut taken = begun().to_vec();
        let rows = raw(&[message(b'd', b"1\n"), message(b'c', b"")]);
        taken.extend(burst(vec![rows, denied(DELETE), fine(COUNT)], 3));
        all.extend([
            ("a COPY under way", aside),
            ("a COPY that has ended", taken),
        ]);
    }
    all
}
