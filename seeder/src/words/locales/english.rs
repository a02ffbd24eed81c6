//! English: the United States and the United Kingdom.
//!
//! Telephone numbers: 555-0100 to 555-0199 of each North American area are set apart for fiction
//! (NANPA, "555 line numbers"; ATIS-0300115). In the United Kingdom Ofcom sets a thousand numbers
//! apart per city ("Telephone numbers for use in TV and radio drama programmes"): 496 0000 to 0999
//! behind 113 to 118, 121, 131, 141, 151 and 161, 7946 0000 to 0999 behind 20, 498 0000 to 0999
//! behind 191, 2018 0000 to 0999 behind 29, and 9649 6000 to 6999 behind 28, where lists before
//! Ofcom's present one had 9018 0000 to 0999.

use fake::locales::{CY_GB, Data, EN};

use super::{Names, Source, place};

#[rustfmt::skip]
pub(super) const UNITED_STATES: Source = Source {
    tag: "en-US",
    country: "US",
    calling_code: "1",
    weight: 34,
    given: Names::Plain(&[EN::NAME_FIRST_NAME]),
    family: Names::Plain(&[EN::NAME_LAST_NAME, AMERICAN_FAMILIES]),
    full_name: "{g} {f}",
    street_line: "{n} {s}",
    streets: &["Main Street", "Oak Street", "Maple Avenue", "Cedar Lane", "Park Avenue", "Washington Street", "Lake Drive", "Hill Road", "Elm Street", "Pine Street", "Church Street", "River Road", "Sunset Boulevard", "Highland Avenue", "Jefferson Street", "Lincoln Avenue", "Meadow Lane", "Spring Street", "Walnut Street", "Willow Court", "Franklin Avenue", "Madison Avenue", "Birch Road", "Chestnut Street"],
    places: &[
        place("New York", ("New York", "NY"), "America/New_York", (40_713, -74_006), ("100##", "+1 212-555-01##")),
        place("Buffalo", ("New York", "NY"), "America/New_York", (42_886, -78_878), ("142##", "+1 716-555-01##")),
        place("Boston", ("Massachusetts", "MA"), "America/New_York", (42_360, -71_059), ("021##", "+1 617-555-01##")),
        place("Philadelphia", ("Pennsylvania", "PA"), "America/New_York", (39_953, -75_165), ("191##", "+1 215-555-01##")),
        place("Atlanta", ("Georgia", "GA"), "America/New_York", (33_749, -84_388), ("303##", "+1 404-555-01##")),
        place("Miami", ("Florida", "FL"), "America/New_York", (25_762, -80_192), ("331##", "+1 305-555-01##")),
        place("Columbus", ("Ohio", "OH"), "America/New_York", (39_961, -82_999), ("432##", "+1 614-555-01##")),
        place("Charlotte", ("North Carolina", "NC"), "America/New_York", (35_227, -80_843), ("282##", "+1 704-555-01##")),
        place("Chicago", ("Illinois", "IL"), "America/Chicago", (41_878, -87_630), ("606##", "+1 312-555-01##")),
        place("Houston", ("Texas", "TX"), "America/Chicago", (29_760, -95_370), ("770##", "+1 713-555-01##")),
        place("Austin", ("Texas", "TX"), "America/Chicago", (30_267, -97_743), ("787##", "+1 512-555-01##")),
        place("Minneapolis", ("Minnesota", "MN"), "America/Chicago", (44_978, -93_265), ("554##", "+1 612-555-01##")),
        place("Nashville", ("Tennessee", "TN"), "America/Chicago", (36_163, -86_781), ("372##", "+1 615-555-01##")),
        place("Denver", ("Colorado", "CO"), "America/Denver", (39_739, -104_990), ("802##", "+1 303-555-01##")),
        place("Phoenix", ("Arizona", "AZ"), "America/Phoenix", (33_448, -112_074), ("850##", "+1 602-555-01##")),
        place("Los Angeles", ("California", "CA"), "America/Los_Angeles", (34_052, -118_244), ("900##", "+1 213-555-01##")),
        place("San Francisco", ("California", "CA"), "America/Los_Angeles", (37_775, -122_419), ("941##", "+1 415-555-01##")),
        place("Seattle", ("Washington", "WA"), "America/Los_Angeles", (47_606, -122_332), ("981##", "+1 206-555-01##")),
        place("Portland", ("Oregon", "OR"), "America/Los_Angeles", (45_515, -122_679), ("972##", "+1 503-555-01##")),
    ],
    titles: &["Mr.", "Ms.", "Mrs.", "Dr."],
    company_forms: &["Inc.", "LLC", "Group", "Corp.", "Co.", "Partners"],
    domains: &["example.com", "example.net", "mail.example"],
};

#[rustfmt::skip]
const AMERICAN_FAMILIES: &[&str] = &["Smith", "Johnson", "Brown", "Garcia", "Martinez", "Lopez", "Lee", "Harris", "Clark", "Lewis", "Young", "Allen", "King", "Wright", "Scott", "Hill", "Green", "Baker", "Hall", "Campbell", "Mitchell", "Carter", "Phillips", "Evans", "Turner", "Parker", "Collins", "Edwards", "Stewart", "Morris", "Cook", "Morgan", "Cooper", "Peterson", "Reed", "Bailey", "Kelly", "Howard", "Cox", "Ward", "Watson", "Brooks", "Bennett", "Gray", "Hughes", "Price", "Myers", "Long", "Foster", "Sanders", "Ross", "Powell", "Sullivan", "Russell", "Jenkins", "Perry", "Butler", "Barnes", "Fisher", "Henderson"];

#[rustfmt::skip]
pub(super) const UNITED_KINGDOM: Source = Source {
    tag: "en-GB",
    country: "GB",
    calling_code: "44",
    weight: 9,
    given: Names::Plain(&[BRITISH_GIVEN, CY_GB::NAME_FIRST_NAME]),
    family: Names::Plain(&[BRITISH_FAMILIES, CY_GB::NAME_LAST_NAME]),
    full_name: "{g} {f}",
    street_line: "{n} {s}",
    streets: &["High Street", "Station Road", "Church Lane", "Victoria Road", "Queen Street", "King Street", "Mill Lane", "Park Road", "London Road", "The Green", "Manor Road", "Kingsway", "New Street", "Albert Road", "Grange Road", "Windsor Close", "Chapel Street", "Springfield Road", "North Street", "Alexandra Road"],
    places: &[
        place("London", ("Greater London", "LND"), "Europe/London", (51_507, -128), ("SW1A #QZ", "+44 20 7946 0###")),
        place("Manchester", ("Greater Manchester", "MAN"), "Europe/London", (53_481, -2_242), ("M1 #QZ", "+44 161 496 0###")),
        place("Birmingham", ("West Midlands", "BIR"), "Europe/London", (52_486, -1_890), ("B1 #QZ", "+44 121 496 0###")),
        place("Leeds", ("West Yorkshire", "LDS"), "Europe/London", (53_801, -1_549), ("LS1 #QZ", "+44 113 496 0###")),
        place("Liverpool", ("Merseyside", "LIV"), "Europe/London", (53_408, -2_992), ("L1 #QZ", "+44 151 496 0###")),
        place("Sheffield", ("South Yorkshire", "SHF"), "Europe/London", (53_381, -1_470), ("S1 #QZ", "+44 114 496 0###")),
        place("Nottingham", ("Nottinghamshire", "NGM"), "Europe/London", (52_955, -1_149), ("NG1 #QZ", "+44 115 496 0###")),
        place("Leicester", ("Leicestershire", "LCE"), "Europe/London", (52_637, -1_139), ("LE1 #QZ", "+44 116 496 0###")),
        place("Bristol", ("Bristol", "BST"), "Europe/London", (51_455, -2_588), ("BS1 #QZ", "+44 117 496 0###")),
        place("Reading", ("Berkshire", "RDG"), "Europe/London", (51_454, -973), ("RG1 #QZ", "+44 118 496 0###")),
        place("Edinburgh", ("Edinburgh", "EDH"), "Europe/London", (55_953, -3_188), ("EH1 #QZ", "+44 131 496 0###")),
        place("Glasgow", ("Glasgow", "GLG"), "Europe/London", (55_864, -4_252), ("G1 #QZ", "+44 141 496 0###")),
        place("Newcastle upon Tyne", ("Tyne and Wear", "NET"), "Europe/London", (54_978, -1_618), ("NE1 #QZ", "+44 191 498 0###")),
        place("Cardiff", ("Cardiff", "CRF"), "Europe/London", (51_482, -3_179), ("CF10 #QZ", "+44 29 2018 0###")),
        place("Belfast", ("Belfast", "BFS"), "Europe/London", (54_597, -5_930), ("BT1 #QZ", "+44 28 9649 6###")),
    ],
    titles: &["Mr", "Ms", "Mrs", "Dr"],
    company_forms: &["Ltd", "plc", "LLP", "Group", "& Sons"],
    domains: &["uk.example", "post-uk.example"],
};

#[rustfmt::skip]
const BRITISH_GIVEN: &[&str] = &["Oliver", "Amelia", "George", "Isla", "Arthur", "Freya", "Noah", "Ava", "Muhammad", "Ivy", "Leo", "Florence", "Oscar", "Lily", "Harry", "Willow", "Archie", "Elsie", "Jack", "Rosie", "Henry", "Sophie", "Charlie", "Grace", "Freddie", "Poppy", "Theodore", "Evie", "Alfie", "Charlotte", "Finley", "Phoebe", "Edward", "Daisy", "Thomas", "Alice", "Isaac", "Harriet", "Reuben", "Matilda", "Callum", "Eleanor", "Rory", "Imogen", "Fraser", "Beatrice", "Hamish", "Ottilie", "Niall", "Orla"];

#[rustfmt::skip]
const BRITISH_FAMILIES: &[&str] = &["Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Patel", "Robinson", "Wright", "Thompson", "Evans", "Walker", "White", "Roberts", "Green", "Hall", "Thomas", "Clarke", "Jackson", "Wood", "Harris", "Edwards", "Turner", "Martin", "Cooper", "Hill", "Ward", "Hughes", "Moore", "Clark", "King", "Harrison", "Lewis", "Baker", "Lee", "Allen", "Morris", "Khan", "Scott", "Watson", "Davis", "Parker", "James", "Bennett", "Young", "Phillips", "Richardson", "Mitchell", "Bailey", "Carter", "Cook", "Singh", "Shaw", "Bell", "Collins", "Morgan", "Kelly", "Begum", "Miller", "Cox", "Hussain", "Marshall", "Simpson", "Price", "Anderson", "Adams", "Wilkinson", "Foster", "Ellis", "Murphy", "Chapman", "Mason", "Gray", "Webb", "Rogers", "Hunt", "Mills", "Holmes", "Palmer", "Matthews", "Fisher", "Barnes", "Knight", "Lloyd", "Butler", "Russell", "Barker", "Stevens", "Fletcher", "Graham", "Sutherland", "Campbell", "Fraser", "MacLeod", "Sinclair", "Drummond", "Ashworth", "Pemberton"];
