//! Collation names, from the five bytes that TDS sends and `SCIN` keeps.

/// `fIgnoreCase` and its kin ([MS-TDS] 2.2.5.1.2).
mod bits {
    pub const IGNORE_CASE: u32 = 1 << 20;
    pub const IGNORE_ACCENT: u32 = 1 << 21;
    pub const IGNORE_WIDTH: u32 = 1 << 22;
    pub const IGNORE_KANA: u32 = 1 << 23;
    pub const BINARY: u32 = 1 << 24;
    pub const BINARY2: u32 = 1 << 25;
    pub const UTF8: u32 = 1 << 26;
}

/// The name of a collation; `None` where the tables here do not tell it.
///
/// | bits of `info` | what |
/// |---|---|
/// | 0 to 19 | locale id |
/// | 20 to 23 | ignores case, accent, width, kana |
/// | 24, 25, 26 | binary, code-point binary, UTF-8 |
/// | 28 to 31 | version: 0 (SQL Server 2000), 1 (`_90`), 2 (`_100`), 3 (`_140`) |
///
/// A sort id other than 0 names a SQL collation alone.
pub(crate) fn name(info: u32, sort_id: u8) -> Option<String> {
    if sort_id != 0 {
        return SQL.iter().find(|(id, _)| *id == sort_id).map(|(_, name)| format!("SQL_{name}"));
    }
    let (locale, version) = (info & 0xf_ffff, info >> 28);
    // The same locale may carry another name in another version, so each row says its versions.
    let (_, _, base) = WINDOWS.iter().find(|(id, versions, _)| *id == locale && versions.contains(&version))?;
    let has = |bit: u32| info & bit != 0;
    let mut name = format!("{base}{}", ["", "_90", "_100", "_140"].get(version as usize)?);
    if has(bits::BINARY2) {
        name += "_BIN2";
    } else if has(bits::BINARY) {
        name += "_BIN";
    } else {
        name += if has(bits::IGNORE_CASE) { "_CI" } else { "_CS" };
        name += if has(bits::IGNORE_ACCENT) { "_AI" } else { "_AS" };
        name += if has(bits::IGNORE_KANA) { "" } else { "_KS" };
        name += if has(bits::IGNORE_WIDTH) { "" } else { "_WS" };
    }
    if has(bits::UTF8) {
        name += "_UTF8";
    }
    Some(name)
}

/// Locale id, versions, base name: Windows collations, by `sys.fn_helpcollations` and
/// `COLLATIONPROPERTY(name, 'LCID')`.
const WINDOWS: &[(u32, &[u32], &str)] = &[
    (0x0401, &[0, 2], "Arabic"),
    (0x0402, &[0, 2], "Cyrillic_General"),
    (0x0404, &[0, 1], "Chinese_Taiwan_Stroke"),
    (0x0404, &[2], "Chinese_Traditional_Stroke_Count"),
    (0x0405, &[0, 2], "Czech"),
    (0x0406, &[0], "Danish_Norwegian"),
    (0x0406, &[2], "Danish_Greenlandic"),
    (0x0408, &[0, 2], "Greek"),
    (0x0409, &[0, 2], "Latin1_General"),
    (0x040a, &[0, 2], "Traditional_Spanish"),
    (0x040b, &[0, 2], "Finnish_Swedish"),
    (0x040c, &[0, 2], "French"),
    (0x040d, &[0, 2], "Hebrew"),
    (0x040e, &[0, 2], "Hungarian"),
    (0x040f, &[0, 2], "Icelandic"),
    (0x0411, &[0, 1], "Japanese"),
    (0x0411, &[2, 3], "Japanese_XJIS"),
    (0x0412, &[0], "Korean_Wansung"),
    (0x0412, &[1, 2], "Korean"),
    (0x0414, &[2], "Norwegian"),
    (0x0415, &[0, 2], "Polish"),
    (0x0417, &[2], "Romansh"),
    (0x0418, &[0, 2], "Romanian"),
    (0x0419, &[0, 2], "Cyrillic_General"),
    (0x041a, &[0, 2], "Croatian"),
    (0x041b, &[0, 2], "Slovak"),
    (0x041c, &[0, 2], "Albanian"),
    (0x041e, &[0, 2], "Thai"),
    (0x041f, &[0, 2], "Turkish"),
    (0x0420, &[2], "Urdu"),
    (0x0422, &[0, 2], "Ukrainian"),
    (0x0424, &[0, 2], "Slovenian"),
    (0x0425, &[0, 2], "Estonian"),
    (0x0426, &[0, 2], "Latvian"),
    (0x0427, &[0, 2], "Lithuanian"),
    (0x0429, &[2], "Persian"),
    (0x042a, &[0, 2], "Vietnamese"),
    (0x043f, &[1, 2], "Kazakh"),
    (0x0804, &[0, 1], "Chinese_PRC"),
    (0x0804, &[2], "Chinese_Simplified_Pinyin"),
    (0x0c0a, &[0, 2], "Modern_Spanish"),
    (0x1_0407, &[0, 2], "German_PhoneBook"),
    (0x1_040e, &[0, 2], "Hungarian_Technical"),
    (0x1_0411, &[0], "Japanese_Unicode"),
    (0x1_0437, &[0, 2], "Georgian_Modern_Sort"),
    (0x2_0804, &[0, 1], "Chinese_PRC_Stroke"),
    (0x2_0804, &[2], "Chinese_Simplified_Stroke_Order"),
    (0x3_0404, &[0, 1], "Chinese_Taiwan_Bopomofo"),
    (0x3_0404, &[2], "Chinese_Traditional_Bopomofo"),
];

/// Sort id and name: SQL collations, by `sys.fn_helpcollations` and `syscharsets`.
const SQL: &[(u8, &str)] = &[
    (30, "Latin1_General_CP437_BIN"),
    (31, "Latin1_General_CP437_CS_AS"),
    (32, "Latin1_General_CP437_CI_AS"),
    (33, "Latin1_General_Pref_CP437_CI_AS"),
    (34, "Latin1_General_CP437_CI_AI"),
    (40, "Latin1_General_CP850_BIN"),
    (41, "Latin1_General_CP850_CS_AS"),
    (42, "Latin1_General_CP850_CI_AS"),
    (43, "Latin1_General_Pref_CP850_CI_AS"),
    (44, "Latin1_General_CP850_CI_AI"),
    (51, "Latin1_General_CP1_CS_AS"),
    (52, "Latin1_General_CP1_CI_AS"),
    (53, "Latin1_General_Pref_CP1_CI_AS"),
    (54, "Latin1_General_CP1_CI_AI"),
    (81, "Latin1_General_CP1250_CS_AS"),
    (82, "Latin1_General_CP1250_CI_AS"),
    (105, "Latin1_General_CP1251_CS_AS"),
    (106, "Latin1_General_CP1251_CI_AS"),
    (113, "Latin1_General_CP1253_CS_AS"),
    (114, "Latin1_General_CP1253_CI_AS"),
    (129, "Latin1_General_CP1254_CS_AS"),
    (130, "Latin1_General_CP1254_CI_AS"),
    (137, "Latin1_General_CP1255_CS_AS"),
    (138, "Latin1_General_CP1255_CI_AS"),
    (145, "Latin1_General_CP1256_CS_AS"),
    (146, "Latin1_General_CP1256_CI_AS"),
    (153, "Latin1_General_CP1257_CS_AS"),
    (154, "Latin1_General_CP1257_CI_AS"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_together() {
        assert_eq!(name(0x00d0_0409, 52).as_deref(), Some("SQL_Latin1_General_CP1_CI_AS"));
        assert_eq!(name(0x00d0_0409, 0).as_deref(), Some("Latin1_General_CI_AS"));
        assert_eq!(name(0x20d0_0429, 0).as_deref(), Some("Persian_100_CI_AS"));
        assert_eq!(name(0x2010_0411, 0).as_deref(), Some("Japanese_XJIS_100_CI_AS_KS_WS"));
        assert_eq!(name(0x2200_0409, 0).as_deref(), Some("Latin1_General_100_BIN2"));
    }

    #[test]
    fn what_the_tables_do_not_hold_is_not_guessed() {
        assert_eq!(name(0x00d0_0409, 200), None);
        assert_eq!(name(0x00d0_0001, 0), None);
        assert_eq!(name(0xf0d0_0409, 0), None);
    }
}
