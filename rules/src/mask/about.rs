//! What is told of each transformer to whoever chooses one.

use super::transformer::Transformer;

use Transformer as T;

/// What each does; a test asks for every one.
const DOES: [(T, &str); 45] = [
    (
        T::Null,
        "NULL in place of every value. Not for columns that must not be NULL.",
    ),
    (
        T::Static,
        "The same value everywhere, where the original is NULL too. It must be a value \
                of the column's type that its CHECKs accept.",
    ),
    (
        T::Template,
        "Text with placeholders: {token} for letters that keep values apart, {number} \
                for six digits, {first-name}, {last-name}, {username}, {city} for those of a person. \
                {{ is a brace. A unique column needs a {token}.",
    ),
    (
        T::Int,
        "An integer of the same sign, one for one: smallint within 2^14, integer within 2^30, \
                bigint within 2^52, so that sequences have room behind. 0 stays. CHECKs with bounds are \
                obeyed; a value beyond the space stops the copy.",
    ),
    (
        T::Uuid,
        "A UUID of the same version and variant, one for one, in the same spelling. The \
                order of version 7 is lost.",
    ),
    (
        T::Token,
        "Letters and digits that mean nothing, 26 of them or as many as the type has room \
                for. A unique column needs enough for its rows, about 18 for ten million.",
    ),
    (
        T::Code,
        "Letters become letters of their case, digits become digits, one for one; blanks \
                and punctuation stay. Characters other than those of ASCII stop the copy, because they \
                would stay as they are.",
    ),
    (
        T::Digits,
        "Digits become digits, one for one; everything else stays, letters too. Letters \
                without a digit stop the copy.",
    ),
    (T::FirstName, "A first name of the locales' lists."),
    (T::LastName, "A family name of the locales' lists."),
    (
        T::Name,
        "First and family name in the order of their locale.",
    ),
    (
        T::Username,
        "A user name made of a person's name; in a unique column with a token behind it. By a \
                subject it agrees with the names that the subject's other columns get.",
    ),
    (
        T::Email,
        "An address of a person at a reserved domain (RFC 2606), where no mail goes. In a \
                unique column a token keeps addresses apart, for ten million rows in 30 characters. By a \
                subject it agrees with the names that the subject's other columns get.",
    ),
    (
        T::Phone,
        "A number of a range that its country keeps free for fiction. In a unique column \
                +999 and 15 digits, one for one; no country has that code.",
    ),
    (T::Company, "A company's name that is made up."),
    (
        T::Address,
        "Street, number, postal code and town of a person in one line.",
    ),
    (
        T::Street,
        "Street and number of a person, in the order of their locale.",
    ),
    (T::City, "The town that a person lives in."),
    (
        T::Region,
        "The region that a person lives in; its code where the value has at most three \
                characters.",
    ),
    (
        T::Postcode,
        "A postal code of the town that a person lives in.",
    ),
    (
        T::Country,
        "A person's country; its code of two or three letters where the value is one.",
    ),
    (
        T::Url,
        "A URL of the same scheme at a reserved host, each name of the path a token; query \
                and fragment are gone.",
    ),
    (T::Host, "A token below a reserved domain."),
    (
        T::Ip,
        "IPv4 becomes an address of 240.0.0.0/4, IPv6 one of 2001:db8::/32; both are routed \
                nowhere. A prefix stays. In a unique column IPv4 becomes IPv6, one for one.",
    ),
    (
        T::Mac,
        "A locally administered hardware address, one for one, in the same spelling.",
    ),
    (
        T::Card,
        "A card number that payment services publish for tests, grouped as the value was.",
    ),
    (
        T::Iban,
        "A German account number of a bank that does not exist, with right check digits.",
    ),
    (
        T::NationalId,
        "A number of the pattern that the rule gives: 9 is a digit, A a letter, \\ takes \
                the next character as it is. 999-99-9999 gives numbers that were never issued.",
    ),
    (
        T::DateShift,
        "So many days earlier or later, never none; the time of the day stays. By row \
                unless a subject is named: then all days of the subject keep their distance. infinity \
                stays.",
    ),
    (T::DateTrunc, "The first moment of the month or year."),
    (
        T::Bucket,
        "The lower bound of the class of that size which a number is in.",
    ),
    (
        T::Noise,
        "A number some percent greater or smaller, and different in the last digit at \
                least. 0, NaN and infinity stay.",
    ),
    (
        T::Geo,
        "Another point of the same cell of a grid: point, and points of PostGIS.",
    ),
    (
        T::Label,
        "One of the values that the column may have: of an enumeration, a boolean, or what \
                its CHECKs list. By value, labels are exchanged one for one.",
    ),
    (
        T::Shuffle,
        "The value of another row of the table, one of some thousand around it: the values stay \
                production's, and only whose they are is lost. NULL changes rows, too.",
    ),
    (
        T::Lorem,
        "Words without meaning, as many characters as the text had.",
    ),
    (
        T::Redact,
        "Public words of English, French, German and Spanish stay where they are written as such; \
                everything else in a text is replaced, by as many characters: names and unknown words by \
                words without meaning or names of nobody, digits by 0 and 1, addresses by reserved ones. \
                A word that is a name too stays in lower case alone. For whole columns, not for parts.",
    ),
    (
        T::Secret,
        "Letters and digits that open nothing, as many as the value had.",
    ),
    (
        T::Password,
        "The bcrypt hash of the word \"password\", so that developers sign in as anybody.",
    ),
    (
        T::Json,
        "Each leaf of a document by its path: a.b[].c, * for any key, ** for everything \
                below. A path that no rule decides about stops the copy. a.*#key says what becomes of \
                the keys themselves. Everything else stays to the byte.",
    ),
    (
        T::Array,
        "Each element of an array; dimensions, bounds and NULLs stay.",
    ),
    (
        T::Hstore,
        "Each value of an hstore by its key, * for any key, *#key for the keys themselves.",
    ),
    (
        T::Fields,
        "Each field of a composite; all of them are decided about.",
    ),
    (
        T::Range,
        "Both bounds of a range by one draw, so that the lower one stays it.",
    ),
    (
        T::Derive,
        "An SQL expression over the masked row, computed in the copy. The original is \
                never read.",
    ),
];

impl Transformer {
    /// What it does, in a paragraph of plain text.
    pub fn does(self) -> &'static str {
        let found = DOES.iter().find(|(one, _)| *one == self);
        found.map_or("", |(_, does)| does)
    }

    /// What it is told: options of a rule, as they are written; empty for none.
    pub fn takes(self) -> &'static str {
        match self {
            T::Static => "value = \"…\"",
            T::Template => "text = \"user-{token}\", locale = \"de-DE\"",
            T::FirstName
            | T::LastName
            | T::Name
            | T::Username
            | T::Company
            | T::Address
            | T::Street
            | T::City
            | T::Region
            | T::Postcode
            | T::Country => "locale = \"de-DE\"",
            T::Email => "coarse = true (the domain's name stays), locale = \"de-DE\"",
            T::Phone => "coarse = true (the country stays), locale = \"de-DE\"",
            T::NationalId => "pattern = \"999-99-9999\"",
            T::DateShift => "days = 182",
            T::DateTrunc => "unit = \"month\" or \"year\"",
            T::Bucket => "size = 10",
            T::Noise => "part = 0.1",
            T::Geo => "size = 1000 (metres)",
            T::Redact => "accept_residual = \"why\"",
            T::Json => "parts = { \"a.b[]\" = \"name\", \"a.*#key\" = \"token\" }",
            T::Hstore => "parts = { key = \"name\" }",
            T::Fields => "parts = { field = \"name\" }",
            T::Array => "element = \"name\"",
            T::Range => "element = \"date-shift\"",
            T::Derive => "sql = \"lower(email)\"",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transformer_is_documented() {
        for one in T::names().filter_map(T::named) {
            let does = one.does();
            assert!(
                does.ends_with('.') && !does.contains("  "),
                "{}: {does}",
                one.name()
            );
        }
    }
}
