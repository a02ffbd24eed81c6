//! Words of lives: what orders, payments, tasks, articles and accounts go through, and in which order.

use Place::{Leaves, On};

/// Where a word stands in a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On the way, at this height.
    On(u8),
    /// Off the way, from anywhere between two heights.
    Leaves(u8, u8),
}

/// Words of lives that stand at one place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// By semicolons; the forms of each, as labels and columns have it, by commas.
    words: &'static str,
    pub(super) place: Place,
}

const fn words(words: &'static str, place: Place) -> Words {
    Words { words, place }
}

/// Every word that is known, by height.
#[rustfmt::skip]
const LIVES: &[Words] = &[
    words("new;draft,drafted;cart,basket;backlog;todo,to do;lead;idea;planned", On(0)),
    words("pending;created;open,opened;queued,enqueued;waiting;requested,request;registered,registration;unpaid;unverified;unconfirmed;invited,invitation,invite;trial,trialing;scheduled;inactive;not started;reported;initiated;incomplete;available", On(5)),
    words("submitted,submission,submit;placed;ordered;booked;reserved;applied;signed up;entered;quoted;proposed,proposal;awaiting payment,pending payment", On(10)),
    words("assigned,assignment;acknowledged;triaged;picked up;claimed;contacted;qualified", On(15)),
    words("in review,under review,reviewed,review;screened,screening;checked;interviewed,interview", On(18)),
    words("confirmed,confirmation,confirm;approved,approval,approve;accepted,acceptance,accept;verified,verification,verify;authorised,authorized,authorisation,authorization;granted", On(22)),
    words("issued,issue;invoiced;billed;sent;mailed;posted", On(26)),
    words("active,activated,activation,activate;started,start;running;in progress;processing,processed;live;enabled;enrolled,enrollment;admitted,admission;checked in;retrying;onboarded;partially paid", On(30)),
    words("paid,payment;captured,capture;charged;succeeded;settled,settlement;cleared", On(35)),
    words("packed;picked;prepared;ready,ready for pickup;assembled;manufactured;fulfilled,fulfillment;partially shipped", On(45)),
    words("shipped,shipment,shipping,ship;dispatched,dispatch;in transit;transferred;departed;handed over;loaded", On(50)),
    words("out for delivery;arrived;customs", On(55)),
    words("delivered,delivery;received;collected;landed;unloaded", On(60)),
    words("published,publication,publish;released,release;deployed,deployment;installed;signed;read;seen;viewed", On(65)),
    words("completed,completion,complete;finished,finish;done;resolved,resolution;success,successful;won;graduated;discharged,discharge;checked out;passed;redeemed;used;consumed;executed;exported;imported", On(70)),
    words("closed,closing", On(80)),
    words("cancelled,canceled,cancellation,cancel;withdrawn,withdrawal;aborted,abort;abandoned;stopped;skipped;dropped", Leaves(0, 46)),
    words("voided,void;written off,write off", Leaves(0, 34)),
    words("rejected,rejection,reject;declined;denied;disapproved;refused,refusal;dismissed;no show", Leaves(5, 20)),
    words("failed,failure,fail;errored,error;bounced;crashed;timed out", Leaves(5, 34)),
    words("expired,expiry;lapsed", Leaves(0, 35)),
    words("overdue,past due;delinquent;late", Leaves(10, 30)),
    words("on hold,held;blocked;paused,pause;suspended,suspension,suspend;banned,ban;locked;disabled;deactivated,deactivation;frozen;escalated;unsubscribed", Leaves(15, 40)),
    words("refunded,refund;partially refunded;disputed,dispute;chargeback,charged back;reversed,reversal;credited", Leaves(35, 70)),
    words("returned,return", Leaves(50, 70)),
    words("lost;churned;disqualified", Leaves(5, 35)),
    words("archived,archive;retired;discontinued;unpublished;superseded;obsolete", Leaves(0, 80)),
    words("deleted,deletion,delete;removed,removal;trashed;terminated,termination;ended;merged", Leaves(0, 80)),
];

/// The words of a name or label in lower case with spaces between: `inProgress` is `in progress`.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut lower = false;
    for letter in text.chars() {
        let apart = !letter.is_alphanumeric();
        if (apart || lower && letter.is_uppercase()) && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        if !apart {
            out.extend(letter.to_lowercase());
        }
        lower = letter.is_lowercase();
    }
    out.truncate(out.trim_end().len());
    out
}

/// Where a plain text stands in a life, if it is known.
pub(super) fn place_of(plain: &str) -> Option<Place> {
    let known = LIVES.iter().find(|words| forms_of(words, plain).is_some());
    known.map(|words| words.place)
}

/// Where a label stands that is in no line: off the path where its letters say no to something.
pub(super) fn place_of_label(plain: &str) -> Option<Place> {
    const NOES: [&str; 4] = ["un", "non", "not ", "no "];
    let no = NOES.iter().any(|no| plain.starts_with(no));
    place_of(plain).or(no.then_some(Leaves(5, 34)))
}

/// Whether a moment of this word comes with a label of that one although they are different: what is
/// active has been published.
pub(super) fn comes_with(moment: &str, label: &str) -> bool {
    const TOGETHER: [(&[&str], &[&str]); 2] = [
        (
            &[
                "published",
                "released",
                "launched",
                "listed",
                "opened",
                "activated",
                "approved",
            ],
            &["active", "live", "public", "visible", "enabled", "on sale"],
        ),
        (
            &["resolved", "completed", "finished"],
            &["closed", "done", "completed", "success"],
        ),
    ];
    let among = |list: &[&str], text: &str| list.iter().any(|word| same_word(word, text));
    let mut together = TOGETHER.iter();
    together.any(|(moments, labels)| among(moments, moment) && among(labels, label))
}

/// Whether two plain texts are forms of one word: `cancellation` and `canceled`.
pub(super) fn same_word(one: &str, other: &str) -> bool {
    let forms = |words| forms_of(words, one);
    one == other
        || LIVES
            .iter()
            .find_map(forms)
            .is_some_and(|forms| forms.split(',').any(|form| form == other))
}

/// The forms of the word that a plain text is one of.
fn forms_of(words: &Words, plain: &str) -> Option<&'static str> {
    let mut each = words.words.split(';');
    each.find(|forms| forms.split(',').any(|form| form == plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart_in_every_style() {
        for text in ["in_progress", "In Progress", "inProgress", "IN-PROGRESS"] {
            assert_eq!(plain(text), "in progress");
        }
    }

    #[test]
    fn forms_of_one_word_are_one_and_neighbours_are_not() {
        for (one, other, same) in [
            ("cancellation", "canceled", true),
            ("paid", "payment", true),
            ("approved", "approval", true),
            ("approved", "verified", false),
            ("stage two", "stage two", true),
            ("paid", "shipped", false),
        ] {
            assert_eq!(same_word(one, other), same, "{one} {other}");
        }
        assert_eq!(place_of("shipped"), Some(On(50)));
        assert_eq!(place_of("stage two"), None);
    }

    #[test]
    fn no_form_is_of_two_words() {
        let mut forms: Vec<&str> = LIVES
            .iter()
            .flat_map(|line| line.words.split([',', ';']))
            .collect();
        let all = forms.len();
        forms.sort_unstable();
        forms.dedup();
        assert_eq!(forms.len(), all);
    }
}
