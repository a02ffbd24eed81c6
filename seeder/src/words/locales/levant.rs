//! Turkish and Arabic.
//!
//! No range of telephone numbers that is set apart for fiction is known: numbers stand behind +999, a
//! country code that the ITU's list of E.164 codes gives to no country and no service. Arabic names are
//! written here with the reading that their bearers use.

use fake::locales::{Data, TR_TR};

use super::{Names, Source, place};

#[rustfmt::skip]
pub(super) const TURKIYE: Source = Source {
    tag: "tr-TR",
    country: "TR",
    calling_code: "90",
    weight: 3,
    given: Names::Plain(&[TR_TR::NAME_FIRST_NAME, TURKISH_GIVEN]),
    family: Names::Plain(&[TR_TR::NAME_LAST_NAME, TURKISH_FAMILIES]),
    full_name: "{g} {f}",
    street_line: "{s} No: {n}",
    streets: &["Atatürk Caddesi", "Cumhuriyet Caddesi", "İstiklal Caddesi", "Gül Sokak", "Lale Sokak", "Çınar Sokak", "Bağdat Caddesi", "Mimar Sinan Caddesi", "Fatih Sokak", "Barış Sokak", "Zafer Sokak", "Menekşe Sokak"],
    places: &[
        place("İstanbul", ("İstanbul", "34"), "Europe/Istanbul", (41_008, 28_978), ("34###", "+999 90 212 555 ###")),
        place("Ankara", ("Ankara", "06"), "Europe/Istanbul", (39_933, 32_860), ("06###", "+999 90 312 555 ###")),
        place("İzmir", ("İzmir", "35"), "Europe/Istanbul", (38_424, 27_143), ("35###", "+999 90 232 555 ###")),
        place("Bursa", ("Bursa", "16"), "Europe/Istanbul", (40_183, 29_067), ("16###", "+999 90 224 555 ###")),
        place("Antalya", ("Antalya", "07"), "Europe/Istanbul", (36_897, 30_713), ("07###", "+999 90 242 555 ###")),
        place("Adana", ("Adana", "01"), "Europe/Istanbul", (37_000, 35_321), ("01###", "+999 90 322 555 ###")),
        place("Konya", ("Konya", "42"), "Europe/Istanbul", (37_871, 32_485), ("42###", "+999 90 332 555 ###")),
        place("Trabzon", ("Trabzon", "61"), "Europe/Istanbul", (41_003, 39_717), ("61###", "+999 90 462 555 ###")),
    ],
    titles: &["Bay", "Bayan", "Dr."],
    company_forms: &["A.Ş.", "Ltd. Şti.", "Holding"],
    domains: &["tr.example", "posta-tr.example"],
};

#[rustfmt::skip]
const TURKISH_GIVEN: &[&str] = &["Yusuf", "Zeynep", "Miraç", "Elif", "Eymen", "Defne", "Ömer", "Asel", "Emir", "Azra", "Kerem", "Nehir", "Alparslan", "Ecrin", "Göktuğ", "Eylül", "Asaf", "Miray", "Çınar", "Hiranur", "Ayaz", "Duru", "Poyraz", "Asya", "Aras", "Gökçe", "Deniz", "Ela", "Kaan", "İpek", "Burak", "Selin", "Emre", "Buse", "Onur", "Ebru", "Serkan", "Gizem", "Volkan", "Pınar", "Barış", "Sibel", "Tolga", "Özlem", "Cem", "Derya", "Okan", "Yasemin", "Umut", "Gül"];

#[rustfmt::skip]
const TURKISH_FAMILIES: &[&str] = &["Arslan", "Doğan", "Kılıç", "Aslan", "Çetin", "Kara", "Koç", "Kurt", "Özkan", "Şimşek", "Polat", "Korkmaz", "Çakır", "Erdoğan", "Güneş", "Aktaş", "Tekin", "Acar", "Bulut", "Keskin", "Ünal", "Turan", "Gül", "Özcan", "Avcı", "Işık", "Bozkurt", "Kaplan", "Güler", "Taş", "Aksoy", "Yavuz", "Sarı", "Ateş", "Yalçın", "Güven", "Karaca", "Deniz", "Coşkun", "Uysal", "Akın", "Sönmez", "Durmaz", "Tunç", "Ekinci"];

#[rustfmt::skip]
pub(super) const SAUDI_ARABIA: Source = Source {
    tag: "ar-SA",
    country: "SA",
    calling_code: "966",
    weight: 2,
    given: Names::Read(ARABIC_GIVEN),
    family: Names::Read(ARABIC_FAMILIES),
    full_name: "{g} {f}",
    street_line: "{s} {n}",
    streets: &["شارع الملك فهد", "شارع العليا", "شارع التحلية", "شارع الأمير سلطان", "طريق الملك عبدالعزيز", "شارع الستين", "شارع الجامعة", "شارع السلام", "شارع النخيل", "طريق المدينة"],
    places: &[
        place("الرياض", ("منطقة الرياض", "01"), "Asia/Riyadh", (24_714, 46_675), ("11###", "+999 966 11 555 ###")),
        place("جدة", ("منطقة مكة المكرمة", "02"), "Asia/Riyadh", (21_543, 39_173), ("21###", "+999 966 12 555 ###")),
        place("الدمام", ("المنطقة الشرقية", "04"), "Asia/Riyadh", (26_421, 50_089), ("31###", "+999 966 13 555 ###")),
        place("المدينة المنورة", ("منطقة المدينة المنورة", "03"), "Asia/Riyadh", (24_525, 39_569), ("42###", "+999 966 14 555 ###")),
        place("أبها", ("منطقة عسير", "14"), "Asia/Riyadh", (18_216, 42_505), ("62###", "+999 966 17 555 ###")),
        place("تبوك", ("منطقة تبوك", "07"), "Asia/Riyadh", (28_384, 36_566), ("71###", "+999 966 14 555 ###")),
        place("حائل", ("منطقة حائل", "06"), "Asia/Riyadh", (27_511, 41_721), ("81###", "+999 966 16 555 ###")),
    ],
    titles: &["السيد", "السيدة", "د."],
    company_forms: &["وشركاه", "القابضة", "المحدودة"],
    domains: &["sa.example", "barid.example"],
};

#[rustfmt::skip]
const ARABIC_GIVEN: &[(&str, &str)] = &[("محمد", "mohammed"), ("أحمد", "ahmed"), ("علي", "ali"), ("عمر", "omar"), ("خالد", "khalid"), ("سعود", "saud"), ("فهد", "fahad"), ("عبدالله", "abdullah"), ("يوسف", "yousef"), ("إبراهيم", "ibrahim"), ("حسن", "hassan"), ("سلطان", "sultan"), ("ناصر", "nasser"), ("طارق", "tariq"), ("ماجد", "majed"), ("بدر", "badr"), ("زياد", "ziyad"), ("راشد", "rashid"), ("سامي", "sami"), ("كريم", "karim"), ("فاطمة", "fatima"), ("عائشة", "aisha"), ("مريم", "maryam"), ("نورة", "noura"), ("سارة", "sara"), ("ليلى", "layla"), ("هند", "hind"), ("ريم", "reem"), ("منى", "mona"), ("أمل", "amal"), ("دانة", "dana"), ("لينا", "lina"), ("هدى", "huda"), ("سلمى", "salma"), ("رنا", "rana"), ("ياسمين", "yasmin"), ("جواهر", "jawaher"), ("العنود", "alanoud"), ("شهد", "shahad"), ("غادة", "ghada")];

#[rustfmt::skip]
const ARABIC_FAMILIES: &[(&str, &str)] = &[("العتيبي", "alotaibi"), ("القحطاني", "alqahtani"), ("الغامدي", "alghamdi"), ("الحربي", "alharbi"), ("الزهراني", "alzahrani"), ("الشهري", "alshehri"), ("الدوسري", "aldosari"), ("المطيري", "almutairi"), ("الشمري", "alshammari"), ("العنزي", "alanazi"), ("السبيعي", "alsubaie"), ("المالكي", "almalki"), ("الأحمدي", "alahmadi"), ("الجهني", "aljohani"), ("البلوي", "albalawi"), ("الخالدي", "alkhaldi"), ("العمري", "alamri"), ("الرشيدي", "alrashidi"), ("السلمي", "alsulami"), ("اليامي", "alyami"), ("الحازمي", "alhazmi"), ("الثقفي", "althaqafi"), ("الفيفي", "alfaifi"), ("النجار", "alnajjar"), ("الصالح", "alsaleh"), ("الحداد", "alhaddad"), ("التميمي", "altamimi"), ("الهاشمي", "alhashimi"), ("البقمي", "albogami"), ("العسيري", "alasiri"), ("السهلي", "alsahli"), ("الفهيد", "alfuhaid"), ("الراجحي", "alrajhi"), ("السديري", "alsudairi"), ("المنصور", "almansour"), ("العبدالله", "alabdullah"), ("الناصر", "alnasser"), ("الخطيب", "alkhatib"), ("القاضي", "alqadi"), ("الطويل", "altawil")];
