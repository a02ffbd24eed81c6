//! What a column's name says: its words, in several languages, and its table's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use seeder::natural::words_of;

use crate::detect::Kind;
use crate::discover::class::Class;

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::discover) struct Hint {
    /// What the column should hold.
    pub(in crate::discover) class: Option<Class>,
    /// Whether the name says so without its values.
    pub(in crate::discover) strong: bool,
    /// Whether the name says something that has nothing to do with people: then only proof counts.
    pub(in crate::discover) against: bool,
}

/// Ends of names and what they mean, words parted by blanks, phrases by bars. The seeder has
/// translated what it knows before (`Vorname` is `first name`).
#[rustfmt::skip]
const STRONG: &[(Class, &str)] = &[
    (Class::Email, "email|email address|e mail|correo electronico|courriel|epost|epost adresse|sahkoposti|sähköposti|eposta|poczta|adres email|mejl|почта|электронная почта|эл почта|メール|メールアドレス|邮箱|电子邮件|이메일|emailadres|البريد|e posta|email addr|emailid|user email"),
    (Class::Phone, "phone|phone number|telefon|telefonnummer|telefono|telefone|telefoon|handynummer|handy|mobilnummer|mobil|celular|movil|móvil|gsm|msisdn|whatsapp|rufnummer|telefax|puhelin|puhelinnumero|telefonszam|telefonszám|numer telefonu|komorka|телефон|мобильный|тел|电话|手机|手机号|電話|電話番号|携帯|전화|전화번호|cep telefonu|portable|phone no|contact number|mobile number|sms number|numero telephone|téléphone|הטלפון"),
    (Class::Card, "card number|cc number|credit card|card no|pan|kreditkarte|kartennummer|numero carte|numero tarjeta|tarjeta|ccnum|cardnumber|creditcardnumber|номер карты"),
    (Class::Iban, "iban|bank account|account iban|bankverbindung|kontonummer|bank account number|iban number"),
    (Class::NationalId, "ssn|social security number|national id|nationalid|national insurance number|nino|tax id|taxid|tin|steuer id|steuernummer|steueridnr|sozialversicherungsnummer|nif|nie|dni|cpf|cnpj|curp|rfc|cuit|cuil|rut|pesel|nip|regon|personnummer|fodselsnummer|fødselsnummer|cpr|cpr number|hetu|henkilotunnus|henkilötunnus|isikukood|asmens kodas|bsn|burgerservicenummer|rodne cislo|rodné číslo|egn|cnp|jmbg|oib|codice fiscale|codicefiscale|fiscal code|partita iva|nir|insee|numero securite sociale|aadhaar|aadhar|pan number|inn|снилс|инн|паспорт|身份证|身份证号|マイナンバー|주민등록번호|tckn|tc kimlik|kimlik no|sin|nhs number|medicare number|ahv|ahv number|passport|passport number|passport no|identity number|identification number|id card|id card number|driver license|driving licence|license number driver|vat number|vat id|vatin|ustid|amka|afm"),
    (Class::Ip, "ip|ip address|ipv 4|ipv 6|ip v 4|client ip|remote addr|remote address|last ip|adresse ip|direccion ip"),
    (Class::Mac, "mac|mac address|hw address|hwaddr|bssid|hardware address|ethernet address"),
    (Class::Secret, "token|access token|refresh token|api key|apikey|secret|secret key|client secret|private key|session key|auth token|reset token|confirmation token|otp secret|webhook secret|jwt|credential|passphrase|encryption key|signing key|totp secret|recovery code|backup code"),
    (Class::Password, "password|password hash|passwort|kennwort|mot de passe|contrasena|contraseña|senha|wachtwoord|haslo|hasło|парольный хеш|пароль|parola|sifre|şifre|salasana|losenord|lösenord|heslo|jelszo|password digest|encrypted password|hashed password|crypted password|pass hash|密码|パスワード|비밀번호|pin hash|pw hash"),
    (Class::FirstName, "first name|given name|forename|middle name|fornavn|förnamn|fornamn|imie|imię|jmeno|jméno|keresztnev|keresztnév|voornaam|etunimi|имя|отчество|ad|isim|nombre pila|primer nombre|nome proprio|ime|prenume|名|名字|名前|이름|christian name|preferred name|rufname|meno|vardas|eesnimi"),
    (Class::LastName, "last name|family name|second name|maiden name|birth name|geburtsname|efternavn|etternavn|efternamn|nazwisko|prijmeni|příjmení|vezeteknev|vezetéknév|achternaam|sukunimi|фамилия|soyad|soyadi|soyadı|segundo apellido|primer apellido|apellido paterno|apellido materno|cognome|prezime|nume familie|姓|姓氏|苗字|성|sur name|lastname|nom famille|nom jeune fille|priezvisko|pavarde|perekonnanimi"),
    (Class::Name, "full name|person name|contact name|customer name|employee name|patient name|owner name|author name|recipient name|card holder|cardholder|cardholder name|holder name|account holder|kontoinhaber|nombre completo|nom complet|vollstandiger name|vollständiger name|imie nazwisko|imię nazwisko|фио|полное имя|姓名|氏名|성명|ad soyad|legal name person|display name|contact person|ansprechpartner|beneficiary name|guardian name|emergency contact name|student name|user full name|signer|signer name|payee name|passenger name|guest name|teljes nev|teljes név|volledige naam|naam|nome completo|kunde name|nombre apellido|real name|driver name|doctor name|parent name|spouse name|witness name"),
    (Class::Username, "user name|login|login name|nick name|nick|screen name|handle|benutzername|nombre usuario|nom utilisateur|nome usuario|gebruikersnaam|käyttäjätunnus|логин|никнейм|kullanici adi|kullanıcı adı|用户名|ユーザー名|twitter handle|github user|github login|github username|sam account name|user login|alias user|discord tag"),
    (Class::Company, "company|company name|employer|employer name|firma|firmenname|razon social|raison sociale|ragione sociale|societe|société|empresa|organization name|business name|legal entity name|компания|организация|会社名|公司|회사|bedrijf|bedrijfsnaam|yritys|virksomhed|foretag|företag|sirket|şirket|nazwa firmy|vendor name|supplier name|account company"),
    (Class::Street, "street|street address|address line|address street|street name|street line|calle|rua|via|indirizzo via|ulica|ulice|utca|gate|gata|vej|улица|straat|straatnaam|cadde|sokak|hausnummer strasse|strasse hausnummer|rue|katuosoite|番地|街道|도로명|house number|hausnummer|huisnummer|shipping street|billing street|addr line|address 1|address 2"),
    (Class::Address, "address|full address|postal address|home address|mailing address|shipping address|billing address|delivery address|anschrift|lieferadresse|rechnungsadresse|domicilio|direccion completa|endereco completo|indirizzo|adres|adresa|cim|cím|адрес|住所|地址|주소|osoite|adresse complete|wohnadresse|work address|residence|domicile|adresas|aadress"),
    (Class::City, "city|town|city name|localidad|localite|localité|poblacion|población|comune|citta|città|miasto|mesto|město|varos|város|stad|plaats|woonplaats|kaupunki|город|населенный пункт|sehir|şehir|ilce|城市|市区町村|도시|wohnort|geburtsort|birth place|place birth|lieu naissance|municipio|by|poststed|postort|orașul|oras|oraș|hometown|home town|linn|pilseta|grad"),
    (Class::Postcode, "postcode|postal|post code|postal code|zip code|postnummer|codigo postal|código postal|code postal|cp postal|cap|kod pocztowy|psc|psč|iranyitoszam|irányítószám|postinumero|индекс|почтовый индекс|posta kodu|邮编|郵便番号|우편번호|cep|pincode|pin code|plz|eircode|zip 4|zip"),
    (Class::BirthDate, "birth date|date birth|date of birth|birth day|born|born on|birthdate|geboren|geburtstag|geb datum|geb dat|fecha nacimiento|nacimiento|date naissance|naissance|data nascimento|nascimento|data nascita|data di nascita|nascita|data urodzenia|urodzenia|datum narozeni|narozeni|szuletesi datum|születési dátum|fodselsdato|fødselsdato|fodselsdag|födelsedatum|fodelsedatum|geboortedatum|syntymaaika|syntymäaika|дата рождения|рождения|dogum tarihi|doğum tarihi|出生日期|生年月日|생년월일|year birth|birth year|dateofbirth|d o b|geburt|nascido em|né le"),
    (Class::Location, "latitude|longitude|geo|geo point|coordinate|gps|gps position|geolocation|lat long|lat lng|coord|position gps|breitengrad|längengrad|geom home|home location|last location|current location|geo location"),
    (Class::Trait, "gender|sex|geschlecht|genero|género|sexe|sesso|plec|płeć|pohlavi|kon|kön|пол|cinsiyet|性别|性別|성별|religion|faith|confession|konfession|religionszugehorigkeit|religione|ethnicity|race|ethnic group|skin colour|blood group|blood type|blutgruppe|grupo sanguineo|groupe sanguin|diagnosis|diagnose|icd 10|icd 10 code|icd|icd code|medical condition|condition medical|disability|disability code|behinderung|allergy|medication|prescription|symptom|sexual orientation|orientation|political party|political view|party affiliation|union member|trade union|marital status|civil status|familienstand|estado civil|etat civil|état civil|stato civile|nationality|staatsangehorigkeit|staatsangehoerigkeit|staatsangehörigkeit|nationalite|nationalité|nacionalidad|cittadinanza|nazionalita|citizenship|гражданство|национальность|hiv status|pregnant|is pregnant|smoker|is smoker|bmi|criminal record|health status|insurance health|caste|tribe|mother tongue|biometric|fingerprint|fingerprint template|face encoding|signature image|passport scan|photo id|health note"),
    (Class::Income, "salary|income|wage|gehalt|lohn|einkommen|salario|sueldo|salaire|revenu|stipendio|reddito|wynagrodzenie|pensja|plat|fizetes|fizetés|lon|lön|lønn|зарплата|доход|maas|maaş|年収|工资|급여|annual salary|gross salary|net salary|base salary|monthly income|net worth|credit score|schufa|hourly wage|salary amount|compensation|bonus amount|pay rate|salaris"),
    (Class::Url, "url|uri|homepage|website|web site|linkedin|facebook|instagram url|profile url|avatar url|photo url|link|href|permalink|callback url|webhook url|webseite|sitio web|site web"),
    (Class::Text, "note|comment|remark|bemerkung|notiz|anmerkung|kommentar|observacion|observación|observacao|nota|commentaire|remarque|uwagi|komentarz|poznamka|poznámka|megjegyzes|megjegyzés|комментарий|примечание|заметки|huomautus|opmerking|aciklama musteri|备注|コメント|備考|메모|message|message body|body|feedback|biography|bio|about|about me|cover letter|transcript|chat|chat message|complaint|reason text|free text|internal note|medical note|case note|review|review text|question|answer|reply|email body|sms body|mail body|content|message text|testimonial|instruction|delivery instruction|special request|resolution|summary text|agent note|private note|description problem|incident description"),
];

/// Names that say little without their values.
#[rustfmt::skip]
const WEAK: &[(Class, &str)] = &[
    (Class::Name, "name|user|customer|employee|author|patient|owner|recipient|contact|person|sender|receiver|assignee|reviewer|approver|beneficiary|driver|student|teacher|doctor|manager|created by|updated by|modified by|approved by|signed by|requested by|submitted by|reported by|ordered by|sold by|assigned to|attn|attention|titular|inhaber|nom|nombre|nome|title name|player|member|guest|who|subject name|opened by|checked by|done by|handled by|seller|buyer|tenant name|supervisor"),
    (Class::Username, "account|account name|user code|uid|slug user|user handle|member name"),
    (Class::Company, "organization|account name|vendor|supplier|client|merchant|partner|manufacturer|business|institution|customer|carrier|sponsor|publisher|school|university|agency|tenant"),
    (Class::City, "location|place|region city|birthplace|destination|origin|venue city|ort|municipality|site"),
    (Class::Location, "lat|lng|lon|point|position|location|geom|geometry|place"),
    (Class::Phone, "mobile|contact|number|fax|ext phone|hotline|callback"),
    (Class::Email, "contact|recipient|sender|from|to|cc|bcc|reply to|login|user|username|mail to"),
    (Class::NationalId, "identity|id number|document number|fiscal|tax number|registration number|insurance number|document|pid|identifier|ident nr"),
    (Class::Secret, "key|hash|digest|code|signature|salt|session|session id|cookie|nonce|fcm|device token|push token|payload"),
    (Class::Iban, "account|account number|konto|account no|bank"),
    (Class::Card, "card|number|payment method|account"),
    (Class::Ip, "address|host|source|peer|from|origin|remote|client|server"),
    (Class::Text, "description|text|detail|story|statement|history|log|abstract|memo|diagnosis text|summary|caption|post"),
    (Class::Postcode, "code|postal area|area code"),
    (Class::Street, "line|line 1|line 2|location|road"),
];

/// Last words of names that are about something else than people, whatever stands before.
#[rustfmt::skip]
const AGAINST: &[&str] = &[
    "count", "type", "status", "state", "kind", "version", "build", "release", "flag", "verified", "enabled", "format", "template", "label", "colour",
    "price", "amount", "quantity", "total", "sku", "category", "tag", "level", "priority", "currency", "language", "locale", "unit", "size", "weight",
    "height", "width", "length", "product", "item", "model", "brand", "material", "department", "role", "plan", "team", "project", "job", "file",
    "path", "mime", "extension", "checksum", "etag", "sha", "md", "digest", "commit", "revision", "branch", "environment", "country", "timezone",
    "zone", "position", "rank", "score", "rating", "percent", "rate", "isbn", "ean", "gtin", "upc", "barcode", "serial", "batch", "lot", "sent", "count", "slug",
    "genre", "topic", "species", "breed", "course", "skill", "industry", "sector", "weekday", "month", "period", "event", "action", "method", "queue", "worker", "machine", "cluster",
];

/// Words that say that a day is no birthday.
#[rustfmt::skip]
const OTHER_DAYS: &[&str] = &[
    "created", "updated", "modified", "deleted", "start", "end", "release", "released", "publish", "published", "due", "expiry", "expires", "expired", "hire",
    "hired", "join", "joined", "founded", "established", "built", "construction", "issued", "valid", "effective", "event", "order", "delivery", "invoice", "payment", "effective",
    "opening", "opened", "closed", "launch", "launched", "acquired", "purchase", "register", "registered", "registration", "premiere", "film", "recorded", "manufactured", "enrollment",
    "incorporation", "incorporated", "listed", "discovered", "made", "built", "license", "since", "from", "until", "to", "last", "first", "visit", "appointment", "meeting", "shipping",
];

/// Nouns of tables in which a bare `name` is a person's.
#[rustfmt::skip]
const PEOPLE: &[&str] = &[
    "user", "customer", "person", "employee", "member", "contact", "author", "patient", "student", "teacher", "instructor", "doctor", "driver", "staff", "passenger", "guest",
    "owner", "lead", "profile", "actor", "artist", "attendee", "recipient", "applicant", "candidate", "subscriber", "player", "participant", "reviewer", "beneficiary", "tenant person",
    "mitarbeiter", "patienten", "personal", "personne", "persona", "persona", "usuario", "empleado", "klient", "pracownik", "пользователь", "клиент", "сотрудник", "guardian", "worker", "citizen", "resident", "voter", "donor", "alumni", "agent",
];

const FIRMS: &[&str] = &[
    "company",
    "organization",
    "vendor",
    "supplier",
    "manufacturer",
    "tenant",
    "employer",
    "business",
    "merchant",
    "publisher",
    "bank",
    "firma",
    "partner",
    "sponsor",
    "institution",
    "agency",
    "dealer",
    "carrier",
    "insurer",
];

/// Words at the end of a name that do not change what it means.
#[rustfmt::skip]
const TAILS: &[&str] = &[
    "old", "new", "raw", "md", "sha", "bcrypt", "value", "text", "string", "normalized", "normalised", "canonical", "lower", "encrypted", "primary", "secondary", "alt",
    "alternate", "alternative", "main", "home", "work", "private", "privat", "business", "other", "default", "current", "previous", "original", "txt", "str", "clean", "hashed", "x", "full", "de", "en", "fr", "gross", "net", "field", "col", "list", "search",
];

/// What a name says, by itself and in its table.
pub(in crate::discover) fn hint(table: &str, column: &str) -> Hint {
    let mut words = words_of(column);
    let mut hint = by_words(&words);
    while hint.class.is_none() && words.len() > 1 {
        let last = words.last().map_or("", String::as_str);
        let tail = TAILS.contains(&last) || last.chars().all(|c| c.is_ascii_digit());
        if !tail {
            break;
        }
        words.pop();
        hint = by_words(&words);
    }
    let joined = words.join(" ");
    if matches!(
        joined.as_str(),
        "name" | "title" | "label" | "display name" | "bezeichnung"
    ) {
        return bare(table, &joined);
    }
    if hint.class == Some(Class::BirthDate) {
        return hint;
    }
    let last = words.last().map_or("", String::as_str);
    hint.against = hint.class.is_none() && AGAINST.contains(&last)
        || hint.class.is_none() && words.iter().any(|word| OTHER_DAYS.contains(&word.as_str()));
    hint
}

/// `name` by its table.
fn bare(table: &str, joined: &str) -> Hint {
    let words = words_of(table);
    let noun = |list: &[&str]| {
        words
            .last()
            .is_some_and(|word| list.contains(&word.as_str()))
    };
    if noun(PEOPLE) && joined != "title" {
        return Hint {
            class: Some(Class::Name),
            strong: true,
            against: false,
        };
    }
    if noun(FIRMS) && joined != "title" {
        return Hint {
            class: Some(Class::Company),
            strong: true,
            against: false,
        };
    }
    Hint {
        class: None,
        strong: false,
        against: words
            .last()
            .is_some_and(|word| AGAINST.contains(&word.as_str()))
            || joined == "title",
    }
}

/// The longest end of a name that is a known phrase.
fn by_words(words: &[String]) -> Hint {
    for from in 0..words.len() {
        let end = words[from..].join(" ");
        if let Some((class, strong)) = phrases().get(&end) {
            return Hint {
                class: Some(*class),
                strong: *strong,
                against: false,
            };
        }
    }
    Hint::default()
}

/// Every phrase as it is, and as the words of a name come out of the seeder's hands.
fn phrases() -> &'static BTreeMap<String, (Class, bool)> {
    static PHRASES: LazyLock<BTreeMap<String, (Class, bool)>> = LazyLock::new(|| {
        let mut phrases = BTreeMap::new();
        for (list, strong) in [(STRONG, true), (WEAK, false)] {
            for (class, ends) in list {
                for end in ends.split('|') {
                    for spelled in [end.to_owned(), words_of(end).join(" ")] {
                        phrases.entry(spelled).or_insert((*class, strong));
                    }
                }
            }
        }
        phrases
    });
    &PHRASES
}

/// What a comment speaks of: the first phrase in it that says so by itself.
pub(in crate::discover) fn in_text(text: &str) -> Option<Class> {
    /// Words of a comment that are read.
    const WORDS_MAX: usize = 60;
    /// Words of the longest phrase.
    const PHRASE_MAX: usize = 4;
    let words: Vec<String> = text
        .split_whitespace()
        .take(WORDS_MAX)
        .flat_map(words_of)
        .collect();
    (0..words.len()).find_map(|from| {
        (1..=PHRASE_MAX.min(words.len() - from))
            .rev()
            .find_map(|length| {
                let phrase = words[from..from + length].join(" ");
                // A short word of another language is an English word too often.
                let known = phrases()
                    .get(&phrase)
                    .filter(|(_, strong)| *strong && phrase.len() > 3);
                known.map(|(class, _)| *class)
            })
    })
}

/// Whether a name's words hold one that speaks of versions.
pub(super) fn is_version(column: &str) -> bool {
    let words = words_of(column);
    let about = ["version", "build", "release", "firmware", "oid", "revision"];
    words.iter().any(|word| about.contains(&word.as_str()))
}

/// Whether a text in such a column is written for everybody: what a shop says of its goods.
pub(super) fn is_catalogue(table: &str, column: &str) -> bool {
    let about = [
        "product",
        "item",
        "template",
        "category",
        "article",
        "help",
        "faq",
        "changelog",
        "feature",
        "permission",
        "role",
        "setting",
        "error",
        "translation",
        "recipe",
        "marketing",
        "plan",
        "term",
        "legal",
        "lorem",
        "page",
    ];
    let words = words_of(table).into_iter().chain(words_of(column));
    let mut words = words.filter(|word| about.contains(&word.as_str()));
    words.next().is_some()
}

/// Whether a key is a person's name rather than a field's: listed as one, with a capital letter, or
/// something else that leads to a person.
pub(in crate::discover) fn is_person(key: &str) -> bool {
    let reading = crate::detect::read(key);
    let words = &reading.words;
    let named = words.capitals && words.listed > 0 && words.shares[3] < 0.5;
    let numbered = reading.kinds.has(Kind::Username) && key.ends_with(|c: char| c.is_ascii_digit());
    named
        || numbered
        || Kind::ALL
            .iter()
            .any(|kind| kind.tells() && reading.kinds.has(*kind))
}

/// Whether a key could be a person's name or user name, in any letters, and is no field's name that is
/// known (`price`). Others could be (`mark`), so it takes more than one to tell.
pub(in crate::discover) fn like_person(key: &str) -> bool {
    let known = hint("", key);
    if known.against || known.class.is_some() {
        return false;
    }
    let reading = crate::detect::read(key);
    let words = &reading.words;
    reading.kinds.has(Kind::Username) || words.listed > 0 && words.shares[3] < 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(table: &str, column: &str) -> Option<Class> {
        hint(table, column).class
    }

    #[test]
    fn names_are_read_in_several_languages() {
        for (column, expected) in [
            ("strEmailAddress", Class::Email),
            ("Vorname", Class::FirstName),
            ("fecha_nacimiento", Class::BirthDate),
            ("numer_telefonu", Class::Phone),
            ("фамилия", Class::LastName),
            ("kod_pocztowy", Class::Postcode),
            ("customerPhone2", Class::Phone),
            ("billing_address", Class::Address),
            ("codice_fiscale", Class::NationalId),
            ("userPasswordHash", Class::Password),
        ] {
            assert_eq!(class("things", column), Some(expected), "{column}");
        }
    }

    #[test]
    fn a_name_is_what_its_table_is_about() {
        assert_eq!(class("customers", "name"), Some(Class::Name));
        assert_eq!(class("suppliers", "name"), Some(Class::Company));
        assert_eq!(class("products", "name"), None);
    }

    #[test]
    fn what_only_counts_people_is_not_about_them() {
        for column in [
            "email_count",
            "phone_verified",
            "address_type",
            "created_at",
            "name_format",
        ] {
            assert_eq!(hint("things", column).class, None, "{column}");
        }
    }
}
