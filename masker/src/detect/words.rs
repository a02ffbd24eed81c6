//! What the words of a value say: a person's name, a place, a company, a street, running text.

use super::lexicon::{
    COUNTRY, FAMILY, Folded, GIVEN, LEGAL, Lexicon, PARTICLE, PLACE, STREET, Shares, WAY,
    is_ideographic, lexicon,
};
use super::profile::Profile;

/// Words of a value that are looked at; names and places have no more.
const WORDS_MAX: usize = 8;

/// Parts of those words, between dashes and the like.
const PARTS_MAX: u8 = 24;

/// From so many words on a value is running text.
const PROSE_MIN: usize = 5;

/// What the words of a value say.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Words {
    /// Words, particles such as `van` not counted.
    pub count: u8,
    /// How much they are given names, family names, places, common words; sums to one, or to zero
    /// without words.
    pub shares: [f32; 4],
    /// The same of the first and of the last word.
    pub first: [f32; 4],
    /// See `first`.
    pub last: [f32; 4],
    /// Words that stand in a list of given or family names.
    pub listed: u8,
    /// Whether the whole value stands in the list of places.
    pub place: bool,
    /// Whether it stands in the list of countries.
    pub country: bool,
    /// Whether a word is of a script without capital letters.
    pub caseless: bool,
    /// Whether a word says street, or a company's legal form.
    pub street: bool,
    /// See `street`.
    pub legal: bool,
    /// Whether a word says street where a number stands beside it: `Green`, `Crossing`.
    pub way: bool,
    /// Whether it is a few words with a house number before or behind them.
    pub numbered: bool,
    /// Whether every word begins with a capital letter or has none.
    pub capitals: bool,
    /// Whether it is running text.
    pub prose: bool,
}

/// Reads the words of a value that has letters.
pub(super) fn read(text: &str, profile: &Profile) -> Words {
    if profile.wide() > 0 && text.chars().any(is_ideographic) && profile.letters() == 0 {
        return ideographs(text);
    }
    let lexicon = lexicon();
    let mut words = Words {
        capitals: true,
        ..Words::default()
    };
    let mut total = [0.0_f32; 4];
    let (mut at, mut small, mut great) = (0, 0, 0);
    let between =
        |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '|' | '(' | ')' | '"');
    for token in text.split(between).filter(|token| !token.is_empty()) {
        at += 1;
        small += usize::from(token.starts_with(char::is_lowercase));
        great += usize::from(token.starts_with(char::is_uppercase));
        if at > WORDS_MAX {
            continue;
        }
        for part in token
            .split(['-', '\'', '’', '_'])
            .filter(|part| !part.is_empty())
        {
            if words.count < PARTS_MAX {
                word(part, lexicon, &mut words, &mut total);
            }
        }
    }
    // Addresses and titles have as many words, most of them with a capital letter.
    let cased = small + great > 0;
    let running = if cased {
        small >= great
    } else {
        at >= WORDS_MAX
    };
    let housed = words.street && profile.digits() > 0 && at <= 12;
    words.prose = at >= PROSE_MIN && running && !housed && profile.digits() * 3 < profile.bytes;
    words.numbered = profile.digits() > 0 && is_numbered(text);
    words.street |= words.way && words.numbered;
    let scanned = f32::from(words.count);
    if words.count > 0 {
        words.shares = total.map(|sum| sum / scanned);
    }
    if (2..=4).contains(&at) || at == 1 && words.count <= 3 {
        let flags = lexicon.flags(Folded::of(text).as_bytes());
        words.place = flags & (PLACE | COUNTRY) == PLACE;
        words.country = flags & COUNTRY != 0;
    }
    words
}

fn word(part: &str, lexicon: &Lexicon, words: &mut Words, total: &mut Shares) {
    let folded = Folded::of(part);
    let length = folded.as_bytes().len();
    if length == 0 || part.bytes().any(|byte| byte.is_ascii_digit()) {
        return;
    }
    let first = part.chars().next();
    words.caseless |= first.is_some_and(|c| !c.is_lowercase() && !c.is_uppercase());
    let capital = part
        .chars()
        .next()
        .is_some_and(|first| !first.is_lowercase());
    let (flags, shares) = lexicon.shares(&folded);
    words.street |= flags & STREET != 0 || ends_like_street(folded.as_bytes());
    words.way |= flags & WAY != 0;
    // `AS` and `SA` are legal forms, `as` and `sa` are words.
    words.legal |= flags & LEGAL != 0 && (length > 3 || capital || part.contains('.'));
    // An initial says nothing; a particle belongs to the name behind it.
    if flags & PARTICLE != 0 || length == 1 {
        return;
    }
    if words.count == 0 {
        words.first = shares;
    }
    words.last = shares;
    words.count = words.count.saturating_add(1);
    words.listed += u8::from(flags & (GIVEN | FAMILY) != 0);
    words.capitals &= capital;
    total
        .iter_mut()
        .zip(shares)
        .for_each(|(sum, share)| *sum += share);
}

/// Whether a text is a street, and if so whether a town stands behind it.
pub(super) fn street(text: &str, words: &Words) -> Option<bool> {
    let has_town = |part: &str| {
        let capital = part.split_whitespace().any(|word| {
            word.chars().count() >= 3
                && word.chars().all(|c| c.is_alphabetic() || c == '-')
                && !word.starts_with(char::is_lowercase)
        });
        let code = part
            .split(|c: char| !c.is_ascii_digit())
            .any(|group| group.len() >= 4);
        capital || code
    };
    let parts: Vec<&str> = text
        .split([',', '\n'])
        .filter(|part| !part.trim().is_empty())
        .collect();
    let digits = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty());
    let groups: Vec<usize> = digits.map(str::len).collect();
    let housed = parts.iter().any(|part| is_numbered(part));
    if parts.len() >= 2 && (words.street || housed) && !groups.is_empty() {
        let behind =
            parts[1..].iter().any(|part| has_town(part)) && (parts.len() > 2 || has_town(parts[0]));
        return Some(behind);
    }
    if words.street {
        const REGIONS: [char; 10] = ['縣', '市', '区', '區', '都', '県', '省', '시', '도', '구'];
        let regional = text.contains(REGIONS) && text.chars().count() >= 9;
        let long = text.split_whitespace().count() >= 6;
        let code = groups.iter().any(|group| *group >= 4);
        return Some(regional || groups.len() >= 2 && (code || long && groups.len() >= 3));
    }
    None
}

/// A few words with a capital letter, and one short number before or behind them.
fn is_numbered(text: &str) -> bool {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let house = |token: &str| {
        let digits = token.bytes().take_while(u8::is_ascii_digit).count();
        (1..=5).contains(&digits) && token.len() <= 9
    };
    let word = |token: &&str| token.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase());
    if !(2..=8).contains(&tokens.len()) {
        return false;
    }
    let (first, last) = (tokens[0], tokens[tokens.len() - 1]);
    let words = tokens.iter().filter(|token| word(token)).count();
    (house(first) || house(last)) && words * 2 >= tokens.len() - 1
}

/// Names of streets that are one word in Germanic languages.
fn ends_like_street(word: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 21] = [
        b"strasse", b"str", b"weg", b"gasse", b"platz", b"allee", b"straat", b"laan", b"gracht",
        b"plein", b"singel", b"gatan", b"vagen", b"gade", b"vej", b"gata", b"veien", b"vegen",
        b"katu", b"kuja", b"polku",
    ];
    ENDINGS
        .iter()
        .any(|ending| word.len() >= ending.len() + 3 && word.ends_with(ending))
}

/// What companies end or begin with.
const WIDE_COMPANIES: [&str; 9] = [
    "株式会社",
    "有限会社",
    "合同会社",
    "有限公司",
    "公司",
    "集团",
    "주식회사",
    "(주)",
    "유한회사",
];

/// Parts of a street's name; the first six end one.
const WIDE_STREETS: [&str; 12] = [
    "丁目", "番地", "路", "街", "大道", "巷", "弄", "號", "号", "로 ", "길 ", "번길",
];

/// What towns, districts and provinces end with.
const WIDE_PLACES: [&str; 14] = [
    "市", "区", "區", "县", "縣", "町", "村", "省", "都", "府", "시", "군", "구", "도",
];

/// Chinese, Japanese and Korean: no blanks between words, family name first.
fn ideographs(text: &str) -> Words {
    let mut words = Words {
        capitals: true,
        ..Words::default()
    };
    let letters = text.chars().filter(|c| is_ideographic(*c)).count();
    let digits = text.chars().any(|c| c.is_numeric());
    words.legal = WIDE_COMPANIES.iter().any(|form| text.contains(form));
    words.street = digits && WIDE_STREETS.iter().any(|word| text.contains(word))
        || WIDE_STREETS.iter().take(6).any(|word| text.ends_with(word))
        || text.ends_with('로')
        || text.ends_with('길');
    let lexicon = lexicon();
    let flags = |text: &str| lexicon.flags(Folded::of(text).as_bytes());
    words.place = flags(text) & PLACE != 0
        || letters >= 2 && WIDE_PLACES.iter().any(|end| text.ends_with(end));
    words.prose = letters > 12;
    words.count = 1;
    let whole = flags(text);
    let compact: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '　')
        .collect();
    let count = compact.chars().count();
    let split = (1..=2.min(count.saturating_sub(1))).rev().find_map(|at| {
        let end = compact.char_indices().nth(at).map(|(end, _)| end)?;
        let (family, given) = compact.split_at(end);
        let known = flags(family) & FAMILY != 0;
        // A given name has one to three characters; one that is listed is taken whatever the family.
        let rest = count - at;
        (known && (1..=3).contains(&rest)).then(|| flags(given) & (GIVEN | FAMILY) != 0)
    });
    words.shares = match (whole & (GIVEN | FAMILY), split) {
        (0, Some(_)) if !words.place && count >= 3 => {
            words.count = 2;
            words.listed = 2;
            words.first = [0.0, 1.0, 0.0, 0.0];
            words.last = [1.0, 0.0, 0.0, 0.0];
            [0.5, 0.5, 0.0, 0.0]
        }
        (0, Some(true)) => {
            words.count = 2;
            words.listed = 2;
            [0.5, 0.5, 0.0, 0.0]
        }
        (0, _) if words.place => [0.0, 0.0, 1.0, 0.0],
        (0, Some(false)) => [0.3, 0.3, 0.1, 0.3],
        (0, None) => [0.1, 0.1, 0.2, 0.6],
        (GIVEN, _) => [1.0, 0.0, 0.0, 0.0],
        (FAMILY, _) => [0.0, 1.0, 0.0, 0.0],
        _ => [0.5, 0.5, 0.0, 0.0],
    };
    if words.count == 1 {
        words.listed = u8::from(whole & (GIVEN | FAMILY) != 0);
        words.first = words.shares;
        words.last = words.shares;
    }
    words
}

/// Whether a value is a user name made of a person's name: `jsmith42`, `anna.muller`, `annamuller`.
pub(super) fn is_username(text: &str) -> bool {
    let legal = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
    };
    if !(4..=32).contains(&text.len()) || !text.bytes().all(legal) {
        return false;
    }
    let lexicon = lexicon();
    let name = |part: &[u8], flag: u16| part.len() >= 3 && lexicon.flags(part) & flag != 0;
    let any = GIVEN | FAMILY;
    let bare = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let numbered = bare.len() < text.len();
    let parts: Vec<&[u8]> = bare
        .as_bytes()
        .split(|byte| matches!(byte, b'.' | b'_' | b'-'))
        .filter(|part| !part.is_empty())
        .collect();
    match parts.as_slice() {
        [one] if one.iter().all(u8::is_ascii_lowercase) => {
            numbered && name(one, any)
                || one.len() >= 5 && name(&one[1..], FAMILY) && lexicon.flags(one) == 0
                || (3..one.len().saturating_sub(2))
                    .any(|at| name(&one[..at], GIVEN) && name(&one[at..], FAMILY))
        }
        [first, second] => {
            let initial =
                first.len() == 1 && name(second, FAMILY) || second.len() == 1 && name(first, any);
            initial || name(first, any) && name(second, any)
        }
        _ => false,
    }
}

/// Words that say street, in the languages that write them apart.
#[rustfmt::skip]
pub(super) const STREETS: &[&str] = &[
    "street", "st", "avenue", "ave", "road", "rd", "lane", "ln", "drive", "dr", "boulevard", "blvd", "court", "ct", "terrace",
    "crescent", "highway", "hwy", "parkway", "pkwy", "square", "trail", "turnpike", "alley", "mews", "causeway", "expressway",
    "freeway", "throughway", "junctions", "rue", "chemin", "impasse", "allée", "quai", "cours", "via", "viale", "piazza",
    "corso", "vicolo", "strada", "borgo", "piazzale", "contrada", "lungomare", "calle", "avenida", "avda", "paseo", "plaza", "carrer", "camino", "calzada",
    "glorieta", "ronda", "pasaje", "callejón", "cañada", "rambla", "alameda", "rua", "travessa", "praça", "largo", "rodovia", "estrada", "viela", "avinguda", "ulica", "ul",
    "aleja", "al.", "osiedle", "plac", "ulice", "náměstí", "třída", "nábřeží", "utca", "út", "körút", "sor", "köz", "strada", "bulevardul", "aleea", "calea", "intrarea",
    "улица", "ул", "проспект", "пр", "переулок", "пер", "шоссе", "бульвар", "бул", "набережная", "наб", "площадь", "вулиця", "вул", "провулок", "алея", "οδός",
    "λεωφόρος", "sokak", "sok", "sokağı", "caddesi", "cadde", "cad", "mahallesi", "mah", "bulvarı", "jalan", "jl", "jln", "gang", "gg", "straße", "weg", "gasse", "platz", "allee", "steig", "ring", "straat",
    "laan", "väg", "gata", "vei", "gate", "gade", "vej", "tie", "katu", "شارع", "طريق", "خیابان", "רחוב", "שדרות", "मार्ग", "सड़क", "ถนน", "đường", "phố", "iela", "gatvė", "tänav", "tn", "pst", "cesta", "trg", "naselje", "prilaz", "put",
];

/// Words in names of streets that are more often something else (U.S. Postal Service, Publication 28,
/// appendix C1).
#[rustfmt::skip]
pub(super) const WAYS: &[&str] = &[
    "branch", "bridge", "brook", "burg", "bypass", "camp", "canyon", "cape", "center", "circle", "cliff", "club", "common", "corner", "cove", "creek", "crest",
    "crossing", "dale", "dam", "divide", "estate", "estates", "extension", "falls", "ferry", "field", "fields", "flat", "ford", "forest", "forge", "fork", "fort", "garden",
    "gardens", "gateway", "glen", "green", "greens", "grove", "harbor", "haven", "heights", "hill", "hills", "hollow", "inlet", "island", "isle", "junction", "key", "knoll", "lake",
    "land", "landing", "light", "loaf", "locks", "lodge", "loop", "mall", "manor", "meadow", "meadows", "mill", "mills", "mission", "motorway", "mount", "mountain", "neck", "orchard",
    "oval", "overpass", "park", "pass", "passage", "path", "pike", "pine", "pines", "place", "plain", "plains", "point", "points", "port", "prairie", "radial", "ramp", "ranch",
    "rapids", "rest", "ridge", "ridges", "river", "row", "run", "shoal", "shore", "shores", "skyway", "spring", "springs", "spur", "station", "stream", "summit",
    "trace", "track", "tunnel", "underpass", "union", "valley", "viaduct", "view", "views", "village", "vista", "walk", "walks", "wall", "way", "ways", "well", "wells", "bend", "bluff",
    "bottom", "rise", "vale", "gate", "close", "villas", "yard", "copse", "parade", "esplanade",
];

/// Words in names of towns.
#[rustfmt::skip]
pub(super) const TOWNS: &[&str] = &[
    "ville", "port", "lake", "new", "north", "south", "east", "west", "upper", "lower", "saint", "sainte", "bad", "san", "santa", "sankt", "sur", "mer", "sous", "lès", "les",
    "fort", "mount", "old", "great", "little", "nowe", "nowa", "stare", "stara", "wielki", "wielka", "dolní", "horní", "nový", "nová", "velké", "veliki", "donji", "gornji", "terme", "monte", "castel",
    "borgo", "settimo", "villa", "nova", "são", "vila", "ciudad", "puerto", "los", "las", "bij", "aan", "kota", "town", "city", "furt", "burgh", "chester", "berg", "burg",
];

/// Legal forms of companies, without their points.
#[rustfmt::skip]
pub(super) const LEGAL_FORMS: &[&str] = &[
    "inc", "incorporated", "llc", "llp", "lp", "ltd", "limited", "corp", "corporation", "plc", "pllc", "pty", "pvt", "gmbh", "mbh", "ag", "kg",
    "kgaa", "ohg", "ug", "ev", "eg", "gbr", "sa", "sas", "sasu", "sarl", "eurl", "sci", "snc", "scop", "spa", "srl", "srls", "sapa", "sl", "sll", "slu", "slne", "scoop", "coop",
    "sac", "cv", "ltda", "eireli", "mei", "bv", "nv", "vof", "cvba", "bvba", "ab", "hb", "kb", "as", "asa", "da", "ans", "aps", "oy", "oyj", "ky", "tmi", "spzoo", "zoo", "spj", "sro",
    "vos", "ks", "sp", "oo", "me", "ei", "fundacja", "stowarzyszenie", "stiftung", "fundación", "fundação", "foundation", "lp", "grup", "grubu", "co", "cie", "fils", "firma", "verein", "ek", "ohg", "stiftung", "лимитед", "লিমিটেড", "গ্রুপ", "kft", "zrt", "nyrt", "bt", "kkt", "doo", "dd", "dno", "jdoo", "ood", "eood", "ad", "ооо", "оао", "зао", "пао", "ао", "ип", "тов", "пат", "прат", "фоп", "еоод", "оод", "αε", "επε", "οε", "εε",
    "aş", "şti", "ltdşti", "tbk", "pt", "ud", "perum", "pd", "bhd", "sdn", "jsc", "sia", "uab", "oü", "kk", "gk", "group", "holding", "holdings", "partners", "associates", "bros", "sons", "gruppen", "grupo", "groupe",
    "مؤسسة", "شركة", "בעמ",
];

/// Particles inside of names.
#[rustfmt::skip]
pub(super) const PARTICLES: &[&str] = &[
    "de", "la", "del", "da", "do", "dos", "das", "van", "von", "der", "den", "di", "al", "el", "bin", "ibn", "ben", "le", "du", "y", "e", "und",
    "zu", "zur", "af", "ter", "ten", "mac", "mc", "os", "las", "los", "des", "und", "and", "mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau",
    "sr", "jr", "ii", "iii", "iv", "md", "phd", "dds", "dvm", "mme", "mlle", "sig", "dott", "ing", "dipl", "univ", "mgr", "bc", "pan", "pani", "sra", "srta", "don", "doña", "dona", "abu", "umm", "آل", "أبو", "rev",
    "г", "гн", "тов", "hr", "fru", "ó", "ní", "uí", "sri", "shri", "smt", "ir", "drs", "haj", "hj", "тн", "mag", "b", "sc",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        read(text, &Profile::of(text))
    }

    #[test]
    fn persons_places_and_words_are_told_apart() {
        for text in [
            "Anna Müller",
            "José María García López",
            "Pieter van Dijk",
            "Nguyễn Thị Hoa",
            "Иван Петров",
        ] {
            let words = words(text);
            assert!(
                words.shares[0] + words.shares[1] > 0.6 && words.capitals,
                "{text}: {words:?}"
            );
        }
        assert!(words("New York").place && words("São Paulo").place);
        assert!(words("Wooden Garden Table").shares[3] > 0.6);
        assert!(words("Acme Trading Ltd.").legal && !words("as it is").legal);
        assert!(words("Lindenstraße 12").street && words("12 Rue de la Paix").street);
        assert!(words("the quick brown fox jumps over it").prose);
        assert!(
            words("佐藤健太").count == 2 && words("横浜市").place && words("株式会社青空").legal
        );
        assert!(words("김민준").count == 2);
    }

    #[test]
    fn user_names_are_made_of_names() {
        for text in [
            "jsmith",
            "anna.muller",
            "annamuller",
            "smith42",
            "a_kowalski",
        ] {
            assert!(is_username(text), "{text}");
        }
        for text in [
            "blue-chair",
            "INV-2024",
            "in_progress",
            "order42",
            "v1.2.3",
            "a b",
        ] {
            assert!(!is_username(text), "{text}");
        }
    }
}
