//! Questions to the rows, and what they must give.

use rust_decimal::Decimal;
use tokio_postgres::types::Type;

use super::{Assertion, AuditError, Finding, Findings, Kind, Session};

const STEP: &str = "run an assertion";

/// Asks one question.
pub(super) async fn check(
    session: Session<'_>,
    assertion: &Assertion,
    findings: &mut Findings,
) -> Result<(), AuditError> {
    findings.checked(Kind::Assertion);
    session.bound().await?;
    let answered = answer(session, &assertion.sql);
    let (kind, got) = match session.ended(STEP, answered).await? {
        Ok(answer) if is_met(&answer, &assertion.expected) => return Ok(()),
        Ok(answer) => (Kind::Assertion, shown(&answer)),
        Err(error) => {
            let said = error
                .as_db_error()
                .map(|said| said.code().code().to_owned());
            let Some(code) = said.filter(|_| !session.client.is_closed()) else {
                return Err(AuditError::new(STEP, &error));
            };
            let back = "ROLLBACK TO SAVEPOINT standin_audit";
            session.run("return to the snapshot", back).await?;
            (Kind::Unchecked, format!("an error (SQLSTATE {code})"))
        }
    };
    findings.findings.push(Finding {
        kind,
        table: None,
        name: assertion.name.clone(),
        count: 0,
        expected: Some(assertion.expected.clone()),
        got: Some(got),
    });
    Ok(())
}

/// What a question gives.
#[derive(Debug, PartialEq)]
enum Answer {
    NoRow,
    Null,
    /// A number or a truth value.
    Figure(String),
    /// Anything else.
    Text(String),
}

/// Types of figures.
const FIGURES: [Type; 7] = [
    Type::BOOL,
    Type::INT2,
    Type::INT4,
    Type::INT8,
    Type::FLOAT4,
    Type::FLOAT8,
    Type::NUMERIC,
];

async fn answer(session: Session<'_>, sql: &str) -> Result<Answer, tokio_postgres::Error> {
    use tokio_postgres::SimpleQueryMessage::Row;
    // Only one statement can be prepared, and text is given to it alone.
    let statement = session.client.prepare(sql).await?;
    let mut columns = statement.columns().iter();
    let is_figure = columns
        .next()
        .is_some_and(|column| FIGURES.contains(column.type_()));
    let messages = session.client.simple_query(sql).await?;
    let mut rows = messages.iter().filter_map(|message| match message {
        Row(row) => Some(row),
        _ => None,
    });
    Ok(match rows.next() {
        None => Answer::NoRow,
        Some(row) if row.is_empty() => Answer::Null,
        Some(row) => match row.get(0).map(str::to_owned) {
            None => Answer::Null,
            Some(text) if is_figure => Answer::Figure(text),
            Some(text) => Answer::Text(text),
        },
    })
}

fn is_met(answer: &Answer, expected: &str) -> bool {
    match (answer, expected) {
        (Answer::NoRow, _) => false,
        (Answer::Null, expected) => expected.eq_ignore_ascii_case("null"),
        (Answer::Figure(text), "true") if text == "t" => true,
        (Answer::Figure(text), "false") if text == "f" => true,
        (Answer::Figure(text) | Answer::Text(text), expected) => {
            text == expected || is_same_number(text, expected)
        }
    }
}

/// `1` and `1.00` are one number.
fn is_same_number(one: &str, other: &str) -> bool {
    let numbers = (one.parse::<Decimal>(), other.parse::<Decimal>());
    matches!(numbers, (Ok(one), Ok(other)) if one == other)
}

/// Numbers and truth values as they are; of a text, which may be a name or a telephone number of a row,
/// only that it is one.
fn shown(answer: &Answer) -> String {
    match answer {
        Answer::NoRow => "no row".to_owned(),
        Answer::Null => "NULL".to_owned(),
        Answer::Figure(text) if text == "t" => "true".to_owned(),
        Answer::Figure(text) if text == "f" => "false".to_owned(),
        Answer::Figure(text) => text.clone(),
        Answer::Text(_) => "another text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_compared_as_what_it_is_and_texts_are_not_shown() {
        let check = |answer: Answer, expected: &str, met: bool, seen: &str| {
            assert_eq!(is_met(&answer, expected), met, "{answer:?} {expected}");
            assert_eq!(shown(&answer), seen);
        };
        let text = |text: &str| Answer::Text(text.to_owned());
        let figure = |text: &str| Answer::Figure(text.to_owned());
        check(figure("t"), "true", true, "true");
        check(figure("f"), "true", false, "false");
        check(figure("1.00"), "1", true, "1.00");
        check(figure("3"), "1", false, "3");
        check(text("5550100"), "5550101", false, "another text");
        check(Answer::Null, "null", true, "NULL");
        check(Answer::Null, "true", false, "NULL");
        check(Answer::NoRow, "true", false, "no row");
        check(text("ada@example.org"), "ada", false, "another text");
        check(text("paid"), "paid", true, "another text");
    }
}
