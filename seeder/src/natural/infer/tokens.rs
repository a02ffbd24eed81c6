//! The words of a name: `strEmailAddress`, `tbl_order_items` and `firstname` come apart.

/// Words of a name in lower case and singular, without prefixes that say only a type.
pub(super) fn tokens(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    let letters: Vec<char> = name.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            fresh = true;
            continue;
        }
        let before = at.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(at + 1).copied();
        fresh |= starts_word(before, letter, after);
        if fresh {
            words.push(String::new());
            fresh = false;
        }
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    if words.len() > 1 && PREFIXES.contains(&words[0].as_str()) {
        words.remove(0);
    }
    words.into_iter().flat_map(|word| parts(&word)).collect()
}

/// Prefixes of columns and tables that tell nothing of the meaning.
const PREFIXES: &[&str] = &[
    "str", "txt", "int", "dt", "dte", "bln", "dbl", "chr", "fld", "col", "tbl", "vw", "tb", "n",
    "s", "b", "d", "i", "f",
];

/// Between lower and upper case, before the last letter of a run of capitals, around digits.
fn starts_word(before: Option<char>, letter: char, after: Option<char>) -> bool {
    let Some(before) = before else {
        return true;
    };
    let rises = letter.is_uppercase()
        && (before.is_lowercase()
            || after.is_some_and(char::is_lowercase) && before.is_uppercase());
    rises || letter.is_ascii_digit() != before.is_ascii_digit() && before.is_alphanumeric()
}

/// Words that are written as one, and synonyms in other languages.
const APART: &[(&str, &str)] = &[
    ("firstname", "first name"),
    ("lastname", "last name"),
    ("fullname", "full name"),
    ("middlename", "middle name"),
    ("givenname", "given name"),
    ("forename", "given name"),
    ("familyname", "family name"),
    ("surname", "family name"),
    ("fname", "first name"),
    ("lname", "last name"),
    ("displayname", "display name"),
    ("username", "user name"),
    ("userid", "user id"),
    ("nickname", "nick name"),
    ("emailaddress", "email"),
    ("mail", "email"),
    ("zipcode", "postcode"),
    ("zip", "postcode"),
    ("postalcode", "postcode"),
    ("phonenumber", "phone"),
    ("telephone", "phone"),
    ("tel", "phone"),
    ("mobile", "phone"),
    ("cellphone", "phone"),
    ("fax", "phone"),
    ("streetaddress", "street address"),
    ("addr", "address"),
    ("adress", "address"),
    ("housenumber", "house number"),
    ("timezone", "time zone"),
    ("tz", "time zone"),
    ("birthdate", "birth date"),
    ("birthday", "birth date"),
    ("dob", "birth date"),
    ("dateofbirth", "birth date"),
    ("createdat", "created at"),
    ("updatedat", "updated at"),
    ("deletedat", "deleted at"),
    ("timestamp", "time stamp"),
    ("jobtitle", "job title"),
    ("countrycode", "country code"),
    ("currencycode", "currency code"),
    ("useragent", "user agent"),
    ("ipaddress", "ip address"),
    ("ipaddr", "ip address"),
    ("macaddr", "mac address"),
    ("hostname", "host name"),
    ("filename", "file name"),
    ("filepath", "file path"),
    ("filesize", "file size"),
    ("mimetype", "mime type"),
    ("lat", "latitude"),
    ("lng", "longitude"),
    ("lon", "longitude"),
    ("qty", "quantity"),
    ("temp", "temperature"),
    ("amt", "amount"),
    ("desc", "description"),
    ("descr", "description"),
    ("pct", "percent"),
    ("percentage", "percent"),
    ("img", "image"),
    ("pic", "image"),
    ("picture", "image"),
    ("photo", "image"),
    ("org", "organization"),
    ("organisation", "organization"),
    ("dept", "department"),
    ("cat", "category"),
    ("color", "colour"),
    ("lang", "language"),
    ("pwd", "password"),
    ("passwd", "password"),
    ("msg", "message"),
    ("num", "number"),
    ("no", "number"),
    ("nbr", "number"),
    ("cnt", "count"),
    ("ref", "reference"),
    ("avg", "average"),
    ("desc1", "description"),
    // German.
    ("vorname", "first name"),
    ("nachname", "last name"),
    ("strasse", "street"),
    ("straße", "street"),
    ("stadt", "city"),
    ("ort", "city"),
    ("plz", "postcode"),
    ("land", "country"),
    ("telefon", "phone"),
    ("preis", "price"),
    ("menge", "quantity"),
    ("betrag", "amount"),
    ("beschreibung", "description"),
    ("geburtsdatum", "birth date"),
    ("firma", "company"),
    ("bezeichnung", "title"),
    ("titel", "title"),
    ("datum", "date"),
    ("anzahl", "count"),
    ("kunde", "customer"),
    ("benutzer", "user"),
    ("artikel", "product"),
    ("bestellung", "order"),
    ("rechnung", "invoice"),
    // French.
    ("prenom", "first name"),
    ("prénom", "first name"),
    ("nom", "name"),
    ("adresse", "address"),
    ("rue", "street"),
    ("ville", "city"),
    ("pays", "country"),
    ("prix", "price"),
    ("quantite", "quantity"),
    ("montant", "amount"),
    ("courriel", "email"),
    ("utilisateur", "user"),
    ("produit", "product"),
    ("commande", "order"),
    ("titre", "title"),
    ("client", "customer"),
    // Spanish and Portuguese.
    ("nombre", "name"),
    ("nome", "name"),
    ("apellido", "last name"),
    ("sobrenome", "last name"),
    ("correo", "email"),
    ("telefono", "phone"),
    ("telefone", "phone"),
    ("calle", "street"),
    ("rua", "street"),
    ("ciudad", "city"),
    ("cidade", "city"),
    ("pais", "country"),
    ("precio", "price"),
    ("preco", "price"),
    ("cantidad", "quantity"),
    ("quantidade", "quantity"),
    ("descripcion", "description"),
    ("descricao", "description"),
    ("direccion", "address"),
    ("endereco", "address"),
    ("fecha", "date"),
    ("usuario", "user"),
    ("producto", "product"),
    ("pedido", "order"),
    ("cliente", "customer"),
    ("empresa", "company"),
    ("titulo", "title"),
];

fn parts(word: &str) -> Vec<String> {
    let singular = singular(word);
    for spelled in [word, singular.as_str()] {
        if let Some((_, apart)) = APART.iter().find(|(whole, _)| *whole == spelled) {
            return apart.split(' ').map(str::to_owned).collect();
        }
    }
    vec![singular]
}

/// An English plural's singular, near enough.
fn singular(word: &str) -> String {
    const KEPT: &[&str] = &[
        "status", "address", "news", "series", "bus", "gps", "sms", "css", "dns", "tls", "https",
        "sales", "ios", "bonus", "class", "business", "process", "access", "pass", "progress",
        "canvas", "analysis", "basis", "is", "has", "was", "this", "bytes", "minutes", "hours",
        "seconds", "days", "radius", "pays", "os", "aws", "ms", "cents", "pounds",
    ];
    const IRREGULAR: &[(&str, &str)] = &[
        ("people", "person"),
        ("children", "child"),
        ("companies", "company"),
        ("statuses", "status"),
        ("addresses", "address"),
        ("movies", "movie"),
        ("cookies", "cookie"),
        ("men", "man"),
        ("women", "woman"),
        ("data", "data"),
    ];
    if let Some((_, singular)) = IRREGULAR.iter().find(|(plural, _)| *plural == word) {
        return (*singular).to_owned();
    }
    if KEPT.contains(&word) || word.len() < 4 {
        return word.to_owned();
    }
    for (ending, replacement) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("xes", "x"),
        ("ches", "ch"),
        ("shes", "sh"),
    ] {
        if let Some(stem) = word.strip_suffix(ending) {
            return format!("{stem}{replacement}");
        }
    }
    let stem = word
        .strip_suffix('s')
        .filter(|stem| !stem.ends_with(['s', 'u', 'i']));
    stem.unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart_whatever_their_style() {
        for (name, expected) in [
            ("email", "email"),
            ("strEmailAddress", "email address"),
            ("order_items", "order item"),
            ("tbl_Customers", "customer"),
            ("firstname", "first name"),
            ("HTTPStatusCode", "http status code"),
            ("address_line_2", "address line 2"),
            ("addressLine1", "address line 1"),
            ("Vorname", "first name"),
            ("companies", "company"),
            ("statuses", "status"),
            ("categories", "category"),
        ] {
            assert_eq!(tokens(name).join(" "), expected, "{name}");
        }
    }
}
