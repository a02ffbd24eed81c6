//! What words of a name mean, per class of type. A rule applies to a name that ends with its words;
//! of several, the longest wins.

use crate::value::Type;

/// Types for which the same words mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Text,
    Whole,
    Fraction,
    Moment,
    TimeOfDay,
    Flag,
    Length,
    Document,
    Address,
    Uuid,
}

impl Class {
    /// `None` for types whose values no name tells apart.
    pub(super) fn of(data_type: &Type) -> Option<Self> {
        Some(match data_type {
            Type::Text { .. } => Self::Text,
            Type::Int { .. } => Self::Whole,
            Type::Decimal { .. } | Type::Money | Type::Float { .. } => Self::Fraction,
            Type::Timestamp { .. } | Type::Date => Self::Moment,
            Type::Time { .. } => Self::TimeOfDay,
            Type::Bool => Self::Flag,
            Type::Interval => Self::Length,
            Type::Json { .. } => Self::Document,
            Type::Inet | Type::Cidr | Type::MacAddress { .. } => Self::Address,
            Type::Uuid => Self::Uuid,
            _ => return None,
        })
    }

    fn rules(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Text => TEXT,
            Self::Whole => WHOLE,
            Self::Fraction => FRACTION,
            Self::Moment => MOMENT,
            Self::TimeOfDay | Self::Address | Self::Uuid => &[],
            Self::Flag => FLAG,
            Self::Length => &[],
            Self::Document => DOCUMENT,
        }
    }
}

/// Words at the end of a name that only say how the rest is measured or written.
#[rustfmt::skip]
const UNITS: &[&str] = &["cm", "mm", "km", "m", "kg", "g", "lb", "lbs", "oz", "usd", "eur", "gbp", "mb", "gb", "kb", "lower", "normalized", "normalised", "canonical", "raw", "value", "text", "string", "celsius", "utc", "local", "encrypted", "old", "new", "default", "current"];

/// The generator that the words say.
pub(super) fn by_words(class: Class, words: &[String]) -> Option<&'static str> {
    let joined = words.join(" ");
    // Digits at the end number columns that mean the same: `email2`, `address_line_1`.
    let bare = joined.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
    let ends = |name: &str, rule: &str| {
        name.strip_suffix(rule)
            .is_some_and(|before| before.is_empty() || before.ends_with(' '))
    };
    let longest = |name: &str| {
        let matching = class.rules().iter().filter(|(rule, _)| ends(name, rule));
        matching
            .max_by_key(|(rule, _)| rule.len())
            .map(|(_, generator)| *generator)
    };
    let unmeasured = words
        .split_last()
        .filter(|(last, _)| UNITS.contains(&last.as_str()));
    longest(&joined)
        .or_else(|| longest(bare))
        .or_else(|| longest(&unmeasured?.1.join(" ")))
        .or_else(|| leading(class, words))
}

/// For flags and texts, what the name begins with.
fn leading(class: Class, words: &[String]) -> Option<&'static str> {
    let first = words.first()?.as_str();
    match (class, first) {
        (Class::Flag, "is" | "has" | "can" | "should" | "allow" | "allows") => Some("flag"),
        (Class::Text, "phone") => Some("phone"),
        (Class::Text, "email") => Some("email"),
        (Class::Text, "address") => Some("street_address"),
        (Class::Whole, "count" | "max" | "min" | "number" | "total") => Some("count"),
        _ => None,
    }
}

/// Whether a name asks for a state of the row, which an address's state is not.
pub(super) fn is_state(words: &[String], table: &[String]) -> bool {
    const ADDRESS: &[&str] = &["city", "postcode", "street", "country", "address"];
    /// Tables whose rows are somewhere more often than they are in a state.
    #[rustfmt::skip]
    const PLACED: &[&str] = &["address", "location", "place", "city", "venue", "branch", "office", "store", "shop", "warehouse", "hotel", "airport", "station", "building", "property", "school", "hospital", "university", "person", "customer", "contact", "patient", "student", "employee", "user", "profile", "supplier", "vendor", "company", "organization", "lead"];
    let last = words.last().map_or("", String::as_str);
    let of_address =
        |word: &str| ADDRESS.contains(&word) || word == "billing" || word == "shipping";
    match last {
        "status" | "stage" => !words.iter().any(|word| word == "http" || word == "marital"),
        "state" => {
            let placed = |word: &String| PLACED.contains(&word.as_str());
            !words.iter().any(|word| of_address(word)) && !table.last().is_some_and(placed)
        }
        _ => false,
    }
}

/// Whether a name says nothing without its table.
pub(super) fn is_bare_name(words: &[String]) -> bool {
    let joined = words.join(" ");
    matches!(
        joined.as_str(),
        "name"
            | "title"
            | "label"
            | "caption"
            | "display name"
            | "code"
            | "description"
            | "full description"
            | "long name"
            | "short name"
    )
}

/// What a bare name means in a table.
pub(super) fn of_table(table: &[String], words: &[String]) -> (&'static str, &'static str) {
    let noun = table.iter().rev().find_map(|noun| {
        TABLES
            .iter()
            .find(|(list, ..)| list.split(' ').any(|word| word == noun))
            .map(|found| (found.1, found.2))
    });
    let last = words.last().map_or("", String::as_str);
    match (last, noun) {
        ("description", Some(("product", _))) => ("product_description", "a text about a product"),
        ("description", _) => ("sentence", "a description"),
        ("code", Some(("world_country" | "country", _))) => ("country_code", "a country's code"),
        ("code", Some(("currency", _))) => ("currency_code", "a currency's code"),
        ("code", Some(("language", _))) => ("language_code", "a language's code"),
        ("code", Some(("region", _))) => ("region_code", "a region's code"),
        ("code", Some(("product", _))) => ("sku", "a stock number"),
        ("code", _) => ("code", "a code"),
        // A user's title is a form of address or a job.
        ("title", Some(("full_name", _))) => ("job_title", "a person's title"),
        ("title" | "caption", Some(("product" | "company", _))) => ("product", "a product's title"),
        ("title" | "caption", _) => ("title", "a title"),
        (_, Some(found)) => found,
        _ => ("label", "a name of which nothing more is known"),
    }
}

/// Nouns of tables, and what `name` in them is.
#[rustfmt::skip]
const TABLES: &[(&str, &str, &str)] = &[
    ("user account customer person employee member contact author patient student teacher instructor doctor driver staff passenger guest owner lead profile actor artist attendee recipient applicant candidate subscriber player participant reviewer musician singer composer writer athlete coach trainer agent nurse volunteer donor resident traveller pilot chef", "full_name", "a person's name"),
    ("company organization vendor supplier manufacturer tenant employer client business merchant publisher airline bank school university hospital partner sponsor store shop workspace institution", "company", "a company's name"),
    ("product item goods article part variant merchandise sku book toy dish vehicle car bike", "product", "a product's name"),
    ("category genre", "category", "a category"),
    ("brand make", "brand", "a brand"),
    ("country nation", "world_country", "a country"),
    ("city town place location", "city", "a city"),
    ("region state province county", "region", "a region"),
    ("currency", "currency", "a currency"),
    ("language locale", "language", "a language"),
    ("department division", "department", "a department"),
    ("team squad group", "team", "a team"),
    ("role", "role", "a role"),
    ("permission right", "permission", "a permission"),
    ("plan tier", "plan", "a plan"),
    ("tag topic keyword hashtag", "tag", "a tag"),
    ("file attachment document upload asset medium image", "file_name", "a file's name"),
    ("project event campaign milestone sprint channel workflow pipeline room board course", "project", "a project's name"),
    ("task todo", "task", "something to do"),
    ("color colour", "colour", "a colour"),
    ("material", "material", "a material"),
    ("job position occupation", "job_title", "a job"),
    ("industry sector", "industry", "an industry"),
    ("host server machine node device", "hostname", "a machine"),
    ("domain site website", "domain", "a domain"),
    ("street road", "street_name", "a street"),
    ("unit", "unit", "a unit"),
    ("setting option config parameter feature flag", "slug", "a key"),
];

#[rustfmt::skip]
const TEXT: &[(&str, &str)] = &[
    // People.
    ("first name", "given_name"), ("given name", "given_name"), ("last name", "family_name"), ("family name", "family_name"),
    ("middle name", "middle_name"), ("full name", "full_name"), ("display name", "full_name"), ("legal name", "full_name"),
    ("contact name", "full_name"), ("customer name", "full_name"), ("user name", "username"), ("login", "username"), ("nick name", "nickname"), ("employee name", "full_name"), ("author name", "full_name"), ("recipient name", "full_name"), ("sender name", "full_name"), ("owner name", "full_name"), ("billing name", "full_name"), ("shipping name", "full_name"), ("manager name", "full_name"), ("maiden name", "family_name"),
    ("contact", "full_name"), ("author", "full_name"), ("owner", "full_name"), ("assignee", "full_name"), ("recipient", "full_name"), ("cardholder", "full_name"), ("card holder", "full_name"), ("signature", "full_name"), ("created by", "username"), ("updated by", "username"), ("modified by", "username"), ("deleted by", "username"), ("approved by", "username"),
    ("initial", "initials"), ("initials", "initials"), ("salutation", "name_title"), ("honorific", "name_title"), ("suffix", "name_suffix"), ("name suffix", "name_suffix"), ("title of courtesy", "name_title"), ("name prefix", "name_title"),
    ("gender", "gender"), ("sex", "gender"), ("marital status", "marital_status"), ("blood type", "blood_group"), ("blood group", "blood_group"),
    ("handle", "username"), ("screen name", "username"), ("twitter", "social_handle"), ("instagram", "social_handle"), ("social handle", "social_handle"),
    // Contact.
    ("email", "email"), ("email address", "email"), ("e email", "email"), ("company email", "company_email"), ("support email", "company_email"), ("phone", "phone"), ("phone number", "phone"), ("mobile number", "phone"), ("contact number", "phone"), ("whatsapp", "phone"), ("cell", "phone"),
    ("url", "url"), ("uri", "url"), ("link", "url"), ("website", "url"), ("web site", "url"), ("homepage", "url"), ("webhook", "url"), ("endpoint", "url"), ("callback", "url"), ("href", "url"), ("referrer", "url"), ("referer", "url"), ("domain", "domain"), ("domain name", "domain"), ("subdomain", "slug"),
    ("avatar", "avatar_url"), ("avatar url", "avatar_url"), ("image", "image_url"), ("image url", "image_url"), ("thumbnail", "image_url"), ("thumbnail url", "image_url"), ("logo", "image_url"), ("logo url", "image_url"), ("icon", "slug"), ("icon url", "image_url"), ("banner", "image_url"), ("cover", "image_url"), ("poster", "image_url"),
    // Addresses.
    ("address", "street_address"), ("street address", "street_address"), ("address line", "street_address"), ("address line 1", "street_address"), ("line 1", "street_address"), ("address 1", "street_address"), ("address line 2", "address_line2"), ("line 2", "address_line2"), ("address 2", "address_line2"), ("apartment", "address_line2"), ("full address", "full_address"), ("mailing address", "full_address"),
    ("street", "street_name"), ("street name", "street_name"), ("street number", "house_number"), ("house number", "house_number"), ("building number", "house_number"), ("city", "city"), ("town", "city"), ("municipality", "city"), ("location", "city"), ("place", "city"), ("birth place", "city"), ("origin", "city"), ("destination", "city"), ("venue", "street_address"),
    ("postcode", "postcode"), ("post code", "postcode"), ("postal code", "postcode"), ("state", "region"), ("province", "region"), ("region", "region"), ("county", "region"), ("district", "region"), ("state code", "region_code"), ("region code", "region_code"), ("state province", "region"),
    ("country", "country"), ("country name", "country"), ("country code", "country_code"), ("country iso", "country_code"), ("iso", "country_code"), ("iso 2", "country_code"), ("alpha 2", "country_code"), ("nationality", "country"), ("citizenship", "country"), ("continent", "continent"),
    ("latitude", "latitude"), ("longitude", "longitude"), ("time zone", "time_zone"), ("locale", "locale"), ("language", "language_code"), ("language code", "language_code"), ("language name", "language"), ("city name", "city"), ("region name", "region"), ("zone", "region"), ("area", "region"),
    // Companies.
    ("company", "company"), ("company name", "company"), ("organization", "company"), ("organization name", "company"), ("employer", "company"), ("business name", "company"), ("vendor", "company"), ("vendor name", "company"), ("supplier", "company"), ("supplier name", "company"), ("manufacturer", "company"), ("publisher", "company"), ("carrier", "company"), ("bank name", "company"), ("bank", "company"), ("tenant name", "company"), ("store name", "company"), ("school", "company"), ("institution", "company"),
    ("department", "department"), ("department name", "department"), ("division", "department"), ("team", "team"), ("team name", "team"), ("job title", "job_title"), ("position", "job_title"), ("job", "job_title"), ("occupation", "profession"), ("profession", "profession"), ("industry", "industry"), ("sector", "industry"), ("slogan", "slogan"), ("tagline", "slogan"), ("motto", "slogan"),
    ("tax id", "tax_id"), ("tax number", "tax_id"), ("vat", "tax_id"), ("vat number", "tax_id"), ("vat id", "tax_id"), ("ein", "tax_id"), ("registration number", "tax_id"),
    // Products.
    ("product", "product"), ("product name", "product"), ("item", "product"), ("item name", "product"), ("variant", "product"), ("sku", "sku"), ("part number", "sku"), ("stock code", "sku"), ("product code", "sku"), ("item code", "sku"), ("category", "category"), ("category name", "category"), ("subcategory", "category"), ("genre", "category"), ("brand", "brand"), ("make", "brand"), ("model", "sku"), ("colour", "colour"), ("colour hex", "colour_hex"), ("hex colour", "colour_hex"), ("hex", "colour_hex"), ("colour code", "colour_hex"), ("material", "material"), ("size", "size"), ("unit", "unit"), ("uom", "unit"), ("unit of measure", "unit"), ("ean", "ean"), ("upc", "ean"), ("gtin", "ean"), ("barcode", "ean"), ("isbn", "isbn"), ("product description", "product_description"),
    // Prose.
    ("title", "title"), ("headline", "title"), ("heading", "title"), ("subtitle", "title"), ("caption", "title"), ("subject", "subject"), ("topic", "subject"), ("description", "sentence"), ("short description", "sentence"), ("summary", "sentence"), ("excerpt", "sentence"), ("abstract", "paragraph"), ("overview", "paragraph"), ("synopsis", "paragraph"), ("bio", "paragraph"), ("biography", "paragraph"), ("about", "paragraph"), ("long description", "paragraph"), ("body", "paragraph"), ("content", "paragraph"), ("text", "paragraph"), ("story", "paragraph"), ("answer", "paragraph"), ("question", "sentence"), ("instruction", "paragraph"), ("body html", "html"), ("html", "html"), ("content html", "html"), ("markdown", "markdown"), ("readme", "markdown"), ("post body", "markdown"),
    ("message", "comment"), ("comment", "comment"), ("note", "comment"), ("remark", "comment"), ("review", "comment"), ("feedback", "comment"), ("reason", "comment"), ("memo", "comment"), ("reply", "comment"), ("detail", "comment"), ("observation", "comment"), ("error", "sentence"), ("error message", "sentence"), ("warning", "sentence"),
    ("slug", "slug"), ("permalink", "slug"), ("handle slug", "slug"), ("tag", "tag"), ("keyword", "tag"), ("label", "label"), ("key", "slug"), ("word", "word"), ("task", "task"), ("project", "project"), ("project name", "project"), ("event name", "project"), ("campaign", "project"), ("nickname", "nickname"), ("quote", "sentence"), ("bullet", "sentence"), ("name", "label"), ("alias", "slug"), ("identifier", "slug"),
    // Identifiers.
    ("uuid", "uuid"), ("guid", "uuid"), ("token", "token"), ("access token", "token"), ("refresh token", "token"), ("api key", "token"), ("secret", "token"), ("secret key", "token"), ("session id", "token"), ("session", "token"), ("salt", "token"), ("nonce", "token"), ("csrf", "token"), ("fingerprint", "hash"), ("hash", "hash"), ("checksum", "hash"), ("digest", "hash"), ("sha 256", "hash"), ("sha", "git_commit"), ("commit", "git_commit"), ("etag", "token"), ("md 5", "token"), ("signature hash", "hash"),
    ("password", "password_hash"), ("password hash", "password_hash"), ("encrypted password", "password_hash"), ("password digest", "password_hash"), ("hashed password", "password_hash"), ("ulid", "ulid"), ("nanoid", "nanoid"), ("public id", "nanoid"), ("short id", "nanoid"), ("external id", "external_id"), ("stripe id", "external_id"), ("id", "external_id"), ("code", "code"), ("coupon", "code"), ("coupon code", "code"), ("promo code", "code"), ("voucher", "code"), ("invite code", "code"), ("reference", "reference"), ("reference number", "reference"), ("order number", "reference"), ("number", "reference"), ("tracking number", "reference"), ("ticket number", "reference"), ("confirmation number", "reference"), ("serial number", "code"), ("serial", "code"), ("invoice number", "invoice_number"), ("invoice", "invoice_number"), ("otp", "pin"), ("pin", "pin"), ("verification code", "pin"), ("version", "version"), ("app version", "version"), ("licence plate", "licence_plate"), ("license plate", "licence_plate"), ("plate", "licence_plate"), ("vin", "code"),
    ("iban", "iban"), ("bic", "bic"), ("swift", "bic"), ("swift code", "bic"), ("account number", "account_number"), ("bank account", "account_number"), ("routing number", "account_number"), ("card number", "card_number"), ("credit card", "card_number"), ("credit card number", "card_number"), ("last 4", "card_last4"), ("last four", "card_last4"), ("card brand", "card_brand"), ("card type", "card_brand"), ("ssn", "national_id"), ("social security number", "national_id"), ("national id", "national_id"), ("passport", "code"), ("passport number", "code"),
    // Networks and files.
    ("ip", "ip_address"), ("ip address", "ip_address"), ("remote addr", "ip_address"), ("remote address", "ip_address"), ("client ip", "ip_address"), ("ipv 4", "ipv4"), ("ipv 6", "ipv6"), ("cidr", "cidr"), ("subnet", "cidr"), ("mac", "mac_address"), ("mac address", "mac_address"), ("user agent", "user_agent"), ("browser", "user_agent"), ("host", "hostname"), ("host name", "hostname"), ("server", "hostname"), ("server name", "hostname"), ("file", "file_name"), ("file name", "file_name"), ("original name", "file_name"), ("path", "file_path"), ("file path", "file_path"), ("storage key", "file_path"), ("extension", "file_extension"), ("file extension", "file_extension"), ("mime", "mime_type"), ("mime type", "mime_type"), ("content type", "mime_type"), ("media type", "mime_type"), ("file type", "mime_type"), ("format", "file_extension"),
    // Closed lists.
    ("status", "account_status"), ("stage", "task_status"), ("payment status", "payment_status"), ("order status", "order_status"), ("priority", "priority"), ("severity", "priority"), ("urgency", "priority"), ("role", "role"), ("permission", "permission"), ("scope", "scope"), ("plan", "plan"), ("tier", "plan"), ("subscription plan", "plan"), ("interval", "period"), ("frequency", "period"), ("billing period", "period"), ("period", "period"), ("recurrence", "period"), ("payment method", "payment_method"), ("payment type", "payment_method"), ("shipping method", "shipping_method"), ("delivery method", "shipping_method"), ("environment", "environment"), ("env", "environment"), ("level", "log_level"), ("log level", "log_level"), ("method", "http_method"), ("http method", "http_method"), ("request method", "http_method"), ("action", "action"), ("event", "action"), ("event type", "action"), ("operation", "action"), ("platform", "platform"), ("device type", "platform"), ("channel", "channel"), ("source", "channel"), ("medium", "channel"), ("utm source", "channel"), ("utm medium", "channel"), ("address type", "address_kind"), ("type", "kind"), ("kind", "kind"), ("class", "kind"), ("weekday", "weekday_name"), ("day of week", "weekday_name"), ("day", "weekday_name"),
    ("currency", "currency_code"), ("currency code", "currency_code"), ("currency name", "currency"), ("currency symbol", "currency_symbol"), ("symbol", "currency_symbol"),
    // Moments and numbers in texts.
    ("date", "past_day"), ("created at", "past"), ("updated at", "past"), ("time stamp", "past"), ("birth date", "birth_date"), ("price", "price"), ("amount", "amount"), ("total", "amount"), ("quantity", "quantity"), ("year", "year"), ("age", "age"), ("rating", "rating"), ("score", "score"), ("port", "port"), ("json", "json_object"), ("metadata", "json_object"), ("setting", "json_object"), ("payload", "json_object"),
    ("agent", "user_agent"), ("capital", "city"), ("airport", "city"), ("station", "city"), ("sender", "full_name"), ("receiver", "full_name"), ("composer", "full_name"), ("speaker", "full_name"), ("reviewer", "full_name"), ("manager", "full_name"), ("customer", "full_name"), ("employee", "full_name"), ("spouse", "full_name"), ("specialty", "profession"), ("speciality", "profession"), ("queue", "tag"), ("bucket", "slug"), ("namespace", "slug"), ("geohash", "code"), ("mrn", "code"), ("pass", "password_hash"), ("nicename", "username"), ("locked by", "username"), ("assigned to", "username"), ("public key", "token"), ("private key", "token"), ("license key", "code"), ("licence key", "code"), ("to address", "email"), ("from address", "email"), ("reply to", "email"), ("to email", "email"), ("cc", "email"), ("bcc", "email"), ("contact title", "job_title"), ("airline", "company"), ("visibility", "visibility"), ("privacy", "visibility"), ("theme", "slug"), ("stripe customer id", "external_id"), ("color code", "colour_hex"), ("grade", "rating"), ("postal address", "full_address"), ("salary", "salary"), ("mileage", "large_number"), ("population", "large_number"), ("credit card type", "card_brand"), ("expiry", "expiry"), ("edition", "version_number"), ("state name", "region"), ("iso code", "country_code"), ("currency iso", "currency_code"), ("flag", "mostly_true"),
];

#[rustfmt::skip]
const WHOLE: &[(&str, &str)] = &[
    ("id", "foreign_number"), ("price", "amount_minor"), ("price cents", "amount_minor"), ("cents", "amount_minor"), ("amount", "amount_minor"), ("amount cents", "amount_minor"), ("total", "amount_minor"), ("subtotal", "amount_minor"), ("cost", "amount_minor"), ("fee", "amount_minor"), ("balance", "amount_minor"), ("discount", "percentage"), ("tax", "amount_minor"), ("budget", "salary"), ("salary", "salary"), ("income", "salary"), ("revenue", "salary"),
    ("count", "count"), ("view", "stock"), ("like", "stock"), ("follower", "stock"), ("download", "stock"), ("hit", "stock"), ("visit", "stock"), ("vote", "count"), ("attempt", "small_number"), ("retry", "small_number"), ("retry count", "small_number"), ("quantity", "quantity"), ("seat", "quantity"), ("unit", "quantity"), ("stock", "stock"), ("inventory", "stock"), ("on hand", "stock"), ("capacity", "stock"), ("available", "stock"), ("point", "stock"), ("credit", "stock"),
    ("rating", "rating"), ("star", "rating"), ("score", "score"), ("grade", "score"), ("age", "age"), ("year", "year"), ("month", "month"), ("exp month", "month"), ("exp year", "year"), ("day", "weekday"), ("weekday", "weekday"), ("day of week", "weekday"), ("hour", "hour"), ("minute", "minutes"), ("minutes", "minutes"), ("second", "milliseconds"), ("seconds", "milliseconds"), ("duration", "duration"), ("duration seconds", "duration"), ("ms", "milliseconds"), ("millisecond", "milliseconds"), ("latency", "milliseconds"), ("elapsed", "milliseconds"), ("runtime", "minutes"), ("length", "length"), ("width", "length"), ("height", "length"), ("depth", "length"), ("weight", "stock"), ("temperature", "temperature"), ("percent", "percentage"), ("progress", "percentage"), ("rate", "percentage"),
    ("position", "position"), ("sort", "position"), ("sort order", "position"), ("order", "position"), ("ordinal", "position"), ("display order", "position"), ("sequence", "position"), ("seq", "position"), ("rank", "position"), ("line number", "position"), ("number", "integer"), ("version", "version_number"), ("revision", "version_number"), ("lock version", "version_number"), ("level", "small_number"), ("priority", "small_number"), ("size", "bytes"), ("file size", "bytes"), ("bytes", "bytes"), ("byte size", "bytes"), ("port", "port"), ("status code", "http_status"), ("http status", "http_status"), ("response code", "http_status"), ("house number", "house_number"), ("created at", "past"), ("updated at", "past"), ("time stamp", "past"), ("expire at", "future"), ("last 4", "integer"), ("floor", "small_number"), ("bedroom", "rating"), ("status", "small_number"), ("type", "small_number"),
    ("edition", "version_number"), ("page", "stock"), ("mileage", "large_number"), ("population", "large_number"), ("sqft", "large_number"), ("area", "large_number"), ("odometer", "large_number"), ("subscriber", "large_number"), ("impression", "large_number"), ("word", "large_number"), ("severity", "small_number"), ("percent off", "percentage"), ("discount percent", "percentage"), ("rollout percent", "percentage"), ("bathroom", "rating"), ("room", "rating"), ("batch", "small_number"), ("karma", "stock"), ("guest", "quantity"), ("people", "quantity"), ("person", "quantity"), ("player", "quantity"), ("passenger", "quantity"), ("memory", "large_number"), ("day count", "small_number"), ("tax rate", "tax_rate"), ("rental duration", "small_number"), ("latitude", "latitude"), ("longitude", "longitude"),
];

#[rustfmt::skip]
const FRACTION: &[(&str, &str)] = &[
    ("price", "price"), ("unit price", "price"), ("list price", "price"), ("cost", "price"), ("msrp", "price"), ("amount", "amount"), ("total", "amount"), ("subtotal", "amount"), ("balance", "amount"), ("fee", "price"), ("tax", "price"), ("discount", "price"), ("refund", "price"), ("payment", "amount"), ("credit", "amount"), ("debit", "amount"), ("salary", "salary"), ("income", "salary"), ("wage", "salary"), ("budget", "salary"), ("revenue", "salary"), ("shipping", "price"), ("freight", "price"),
    ("tax rate", "tax_rate"), ("vat rate", "tax_rate"), ("vat", "tax_rate"), ("percent", "percentage"), ("discount percent", "percentage"), ("progress", "percentage"), ("completion", "percentage"), ("exchange rate", "exchange_rate"), ("fx rate", "exchange_rate"), ("rate", "exchange_rate"), ("ratio", "fraction"), ("probability", "fraction"), ("confidence", "fraction"), ("share", "fraction"), ("rating", "rating"), ("average rating", "rating"), ("score", "score"), ("grade", "score"), ("gpa", "rating"),
    ("latitude", "latitude"), ("longitude", "longitude"), ("long", "longitude"), ("weight", "weight"), ("mass", "weight"), ("length", "length"), ("width", "length"), ("height", "length"), ("depth", "length"), ("distance", "length"), ("radius", "length"), ("temperature", "temperature"), ("quantity", "quantity"), ("hours", "small_number"), ("hour", "small_number"), ("duration", "milliseconds"), ("latency", "milliseconds"), ("ms", "milliseconds"), ("age", "age"), ("stock", "stock"), ("count", "count"), ("position", "position"), ("sort order", "position"), ("discount rate", "fraction"),
    ("bathroom", "rating"), ("percent off", "percentage"), ("rental rate", "price"), ("hourly rate", "price"), ("daily rate", "price"), ("room rate", "price"), ("nightly rate", "price"), ("pay rate", "price"), ("interest rate", "tax_rate"), ("bonus", "amount"), ("deposit", "amount"), ("limit", "amount"), ("credit limit", "salary"), ("area", "large_number"), ("population", "large_number"), ("mileage", "large_number"), ("volume", "measure"), ("speed", "measure"), ("altitude", "large_number"), ("elevation", "large_number"), ("star", "rating"), ("usage", "measure"), ("gain", "percentage"), ("margin", "percentage"), ("commission", "percentage"), ("humidity", "percentage"),
];

#[rustfmt::skip]
const MOMENT: &[(&str, &str)] = &[
    ("birth date", "birth_date"), ("date of birth", "birth_date"), ("born on", "birth_date"), ("born at", "birth_date"), ("born", "birth_date"), ("birth", "birth_date"),
    ("expires at", "future"), ("expire at", "future"), ("expires on", "future"), ("expiry", "expiry"), ("expiry date", "expiry"), ("expiration date", "expiry"), ("expiration", "future"), ("expired at", "recent"), ("valid until", "future"), ("valid to", "future"), ("due", "future"), ("due at", "future"), ("due on", "future"), ("due date", "future"), ("deadline", "future"), ("scheduled at", "future"), ("scheduled for", "future"), ("trial ends at", "future"), ("trial end at", "future"), ("end at", "future"), ("ends at", "future"), ("renews at", "future"), ("next run at", "future"), ("estimated delivery", "future"),
    ("last login", "recent"), ("last login at", "recent"), ("last seen", "recent"), ("last seen at", "recent"), ("last active at", "recent"), ("last sign in at", "recent"), ("current sign in at", "recent"), ("last used at", "recent"), ("last synced at", "recent"), ("last accessed at", "recent"),
];

#[rustfmt::skip]
const FLAG: &[(&str, &str)] = &[
    ("active", "mostly_true"), ("enabled", "mostly_true"), ("visible", "mostly_true"), ("verified", "mostly_true"), ("confirmed", "mostly_true"), ("valid", "mostly_true"), ("available", "mostly_true"), ("published", "mostly_true"), ("in stock", "mostly_true"), ("email verified", "mostly_true"), ("approved", "mostly_true"), ("success", "mostly_true"), ("successful", "mostly_true"), ("paid", "mostly_true"), ("public", "mostly_true"),
    ("deleted", "rarely_true"), ("archived", "rarely_true"), ("disabled", "rarely_true"), ("hidden", "rarely_true"), ("locked", "rarely_true"), ("blocked", "rarely_true"), ("banned", "rarely_true"), ("suspended", "rarely_true"), ("admin", "rarely_true"), ("superuser", "rarely_true"), ("staff", "rarely_true"), ("is admin", "rarely_true"), ("spam", "rarely_true"), ("featured", "rarely_true"), ("pinned", "rarely_true"), ("failed", "rarely_true"), ("draft", "rarely_true"), ("internal", "rarely_true"), ("test", "rarely_true"), ("cancelled", "rarely_true"), ("canceled", "rarely_true"), ("refunded", "rarely_true"), ("expired", "rarely_true"), ("revoked", "rarely_true"), ("beta", "rarely_true"),
];

#[rustfmt::skip]
const DOCUMENT: &[(&str, &str)] = &[
    ("tag", "json_tags"), ("label", "json_tags"), ("keyword", "json_tags"), ("scope", "json_tags"), ("role", "json_tags"), ("permission", "json_tags"), ("category", "json_tags"), ("error", "json_empty"),
];

/// Every rule, for tests.
#[cfg(test)]
pub(super) fn every() -> impl Iterator<Item = (&'static str, &'static str)> {
    let tables = TABLES.iter().map(|(words, name, _)| (*words, *name));
    let rules = [TEXT, WHOLE, FRACTION, MOMENT, FLAG, DOCUMENT];
    rules.into_iter().flatten().copied().chain(tables)
}
