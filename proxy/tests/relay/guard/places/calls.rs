//! FunctionCall messages.

use rules::config::AccessMode;

use super::{COUNT, Named, burst, dialogue, each, once, raw, work};
use crate::guard::call;
use crate::guard::database::OBJECT;
use crate::guard::play::{Part, denied_call, fine};
use crate::scripts::frames::sync;

/// `lo_creat`
const LO_CREAT: u32 = 957;

pub(super) fn calls(mode: AccessMode) -> Vec<Named> {
    let no = || denied_call(LO_CREAT, &["-1"]);
    let yes = |function, arguments: &[&str]| Part::Fine(call(function, arguments));
    vec![
        ("FunctionCall", each(vec![no(), fine("select 1")])),
        (
            "FunctionCall in a transaction",
            each(vec![
                fine("begin"),
                fine(work(mode)),
                no(),
                fine("commit"),
                fine(COUNT),
            ]),
        ),
        (
            "FunctionCall in a failed pipeline",
            burst(vec![once("select 1/0"), no(), raw(&[sync()]), no()], 2),
        ),
        (
            "FunctionCall behind a pipeline without Sync",
            dialogue(vec![vec![once(work(mode)), no()], vec![fine(COUNT)]]),
        ),
        (
            "FunctionCall that reads",
            each(vec![
                fine("begin"),
                yes(952, &[OBJECT, "262144"]),
                yes(954, &["0", "7"]),
                yes(958, &["0"]),
                yes(956, &["0", "2", "0"]),
                yes(3170, &["0", "1", "1"]),
                yes(3171, &["0"]),
                yes(953, &["0"]),
                no(),
                yes(952, &[OBJECT, "262144"]),
                fine("commit"),
            ]),
        ),
    ]
}
