//! Japanese and Chinese.
//!
//! No range of telephone numbers that is set apart for fiction is known: numbers stand behind +999, a
//! country code that the ITU's list of E.164 codes gives to no country and no service. Japanese names
//! are written here with their reading in Hepburn letters.

use fake::locales::{Data, ZH_CN, ZH_TW};

use super::{Names, Source, place};

#[rustfmt::skip]
pub(super) const JAPAN: Source = Source {
    tag: "ja-JP",
    country: "JP",
    calling_code: "81",
    weight: 4,
    given: Names::Read(JAPANESE_GIVEN),
    family: Names::Read(JAPANESE_FAMILIES),
    full_name: "{f} {g}",
    street_line: "{s}{n}番地",
    streets: &["本町", "中央", "栄町", "旭町", "緑町", "幸町", "若葉町", "桜台", "青葉台", "東町", "西町", "南町", "北町", "寿町", "新町", "宮前"],
    places: &[
        place("新宿区", ("東京都", "13"), "Asia/Tokyo", (35_694, 139_703), ("160-00##", "+999 81 3 555 ####")),
        place("世田谷区", ("東京都", "13"), "Asia/Tokyo", (35_647, 139_653), ("154-00##", "+999 81 3 555 ####")),
        place("横浜市", ("神奈川県", "14"), "Asia/Tokyo", (35_444, 139_638), ("231-00##", "+999 81 45 555 ###")),
        place("大阪市", ("大阪府", "27"), "Asia/Tokyo", (34_694, 135_502), ("530-00##", "+999 81 6 555 ####")),
        place("名古屋市", ("愛知県", "23"), "Asia/Tokyo", (35_181, 136_906), ("460-00##", "+999 81 52 555 ###")),
        place("札幌市", ("北海道", "01"), "Asia/Tokyo", (43_062, 141_354), ("060-00##", "+999 81 11 555 ###")),
        place("福岡市", ("福岡県", "40"), "Asia/Tokyo", (33_590, 130_402), ("810-00##", "+999 81 92 555 ###")),
        place("仙台市", ("宮城県", "04"), "Asia/Tokyo", (38_268, 140_869), ("980-00##", "+999 81 22 555 ###")),
        place("京都市", ("京都府", "26"), "Asia/Tokyo", (35_012, 135_768), ("600-80##", "+999 81 75 555 ###")),
        place("広島市", ("広島県", "34"), "Asia/Tokyo", (34_385, 132_455), ("730-00##", "+999 81 82 555 ###")),
    ],
    titles: &["様", "さん", "先生"],
    company_forms: &["株式会社", "有限会社", "合同会社"],
    domains: &["jp.example", "yubin.example"],
};

#[rustfmt::skip]
const JAPANESE_GIVEN: &[(&str, &str)] = &[("蓮", "ren"), ("陽翔", "haruto"), ("湊", "minato"), ("蒼", "aoi"), ("樹", "itsuki"), ("悠真", "yuma"), ("大翔", "hiroto"), ("颯", "hayate"), ("朝陽", "asahi"), ("律", "ritsu"), ("健太", "kenta"), ("翔太", "shota"), ("大輔", "daisuke"), ("直樹", "naoki"), ("拓也", "takuya"), ("健一", "kenichi"), ("浩", "hiroshi"), ("誠", "makoto"), ("隆", "takashi"), ("修", "osamu"), ("亮", "ryo"), ("駿", "shun"), ("光", "hikaru"), ("陸", "riku"), ("航", "wataru"), ("結衣", "yui"), ("陽菜", "hina"), ("凛", "rin"), ("咲良", "sakura"), ("結月", "yuzuki"), ("芽依", "mei"), ("莉子", "riko"), ("美咲", "misaki"), ("葵", "aoika"), ("彩", "aya"), ("愛", "ai"), ("恵", "megumi"), ("由美", "yumi"), ("久美子", "kumiko"), ("裕子", "yuko"), ("真由美", "mayumi"), ("直美", "naomi"), ("智子", "tomoko"), ("陽子", "yoko"), ("明美", "akemi"), ("千尋", "chihiro"), ("七海", "nanami"), ("楓", "kaede"), ("優奈", "yuna"), ("琴音", "kotone")];

#[rustfmt::skip]
const JAPANESE_FAMILIES: &[(&str, &str)] = &[("佐藤", "sato"), ("鈴木", "suzuki"), ("高橋", "takahashi"), ("田中", "tanaka"), ("伊藤", "ito"), ("渡辺", "watanabe"), ("山本", "yamamoto"), ("中村", "nakamura"), ("小林", "kobayashi"), ("加藤", "kato"), ("吉田", "yoshida"), ("山田", "yamada"), ("佐々木", "sasaki"), ("山口", "yamaguchi"), ("松本", "matsumoto"), ("井上", "inoue"), ("木村", "kimura"), ("林", "hayashi"), ("斎藤", "saito"), ("清水", "shimizu"), ("山崎", "yamazaki"), ("森", "mori"), ("池田", "ikeda"), ("橋本", "hashimoto"), ("阿部", "abe"), ("石川", "ishikawa"), ("山下", "yamashita"), ("中島", "nakajima"), ("石井", "ishii"), ("小川", "ogawa"), ("前田", "maeda"), ("岡田", "okada"), ("長谷川", "hasegawa"), ("藤田", "fujita"), ("後藤", "goto"), ("近藤", "kondo"), ("村上", "murakami"), ("遠藤", "endo"), ("青木", "aoki"), ("坂本", "sakamoto"), ("福田", "fukuda"), ("太田", "ota"), ("西村", "nishimura"), ("藤井", "fujii"), ("岡本", "okamoto"), ("金子", "kaneko"), ("中野", "nakano"), ("中川", "nakagawa"), ("原田", "harada"), ("松田", "matsuda"), ("竹内", "takeuchi"), ("小野", "ono"), ("田村", "tamura"), ("中山", "nakayama"), ("和田", "wada"), ("石田", "ishida"), ("上田", "ueda"), ("森田", "morita"), ("原", "hara"), ("柴田", "shibata")];

#[rustfmt::skip]
pub(super) const CHINA: Source = Source {
    tag: "zh-CN",
    country: "CN",
    calling_code: "86",
    weight: 2,
    given: Names::Plain(&[ZH_CN::NAME_FIRST_NAME]),
    family: Names::Plain(&[ZH_CN::NAME_LAST_NAME]),
    full_name: "{f}{g}",
    street_line: "{s}{n}号",
    streets: &["人民路", "中山路", "解放路", "建设路", "和平路", "新华路", "文化路", "长江路", "黄河路", "南京路", "北京路", "友谊路", "光明路", "胜利路", "学院路", "花园路"],
    places: &[
        place("北京市", ("北京市", "BJ"), "Asia/Shanghai", (39_904, 116_407), ("1000##", "+999 86 10 555 ###")),
        place("上海市", ("上海市", "SH"), "Asia/Shanghai", (31_230, 121_474), ("2000##", "+999 86 21 555 ###")),
        place("广州市", ("广东省", "GD"), "Asia/Shanghai", (23_129, 113_264), ("5100##", "+999 86 20 555 ###")),
        place("深圳市", ("广东省", "GD"), "Asia/Shanghai", (22_543, 114_058), ("5180##", "+999 86 75 555 ###")),
        place("成都市", ("四川省", "SC"), "Asia/Shanghai", (30_573, 104_066), ("6100##", "+999 86 28 555 ###")),
        place("杭州市", ("浙江省", "ZJ"), "Asia/Shanghai", (30_274, 120_155), ("3100##", "+999 86 57 555 ###")),
        place("武汉市", ("湖北省", "HB"), "Asia/Shanghai", (30_593, 114_306), ("4300##", "+999 86 27 555 ###")),
        place("西安市", ("陕西省", "SN"), "Asia/Shanghai", (34_342, 108_940), ("7100##", "+999 86 29 555 ###")),
        place("南京市", ("江苏省", "JS"), "Asia/Shanghai", (32_060, 118_797), ("2100##", "+999 86 25 555 ###")),
    ],
    titles: &["先生", "女士", "博士"],
    company_forms: &["有限公司", "股份有限公司", "集团"],
    domains: &["cn.example", "youxiang.example"],
};

#[rustfmt::skip]
pub(super) const TAIWAN: Source = Source {
    tag: "zh-TW",
    country: "TW",
    calling_code: "886",
    weight: 1,
    given: Names::Plain(&[ZH_TW::NAME_FIRST_NAME]),
    family: Names::Plain(&[ZH_TW::NAME_LAST_NAME]),
    full_name: "{f}{g}",
    street_line: "{s}{n}號",
    streets: &["中正路", "中山路", "民生路", "民權路", "忠孝東路", "仁愛路", "信義路", "和平東路", "復興路", "光復路", "文化路", "成功路"],
    places: &[
        place("台北市", ("台北市", "TPE"), "Asia/Taipei", (25_033, 121_565), ("10###", "+999 886 2 555 ###")),
        place("新北市", ("新北市", "NWT"), "Asia/Taipei", (25_017, 121_463), ("22###", "+999 886 2 555 ###")),
        place("桃園市", ("桃園市", "TAO"), "Asia/Taipei", (24_994, 121_301), ("33###", "+999 886 3 555 ###")),
        place("台中市", ("台中市", "TXG"), "Asia/Taipei", (24_148, 120_674), ("40###", "+999 886 4 555 ###")),
        place("台南市", ("台南市", "TNN"), "Asia/Taipei", (22_999, 120_227), ("70###", "+999 886 6 555 ###")),
        place("高雄市", ("高雄市", "KHH"), "Asia/Taipei", (22_627, 120_301), ("80###", "+999 886 7 555 ###")),
    ],
    titles: &["先生", "女士", "博士"],
    company_forms: &["有限公司", "股份有限公司", "集團"],
    domains: &["tw.example", "youju.example"],
};
