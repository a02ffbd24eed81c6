//! Rust source without what is no code.

/// The text with comments and the contents of literals blanked, line breaks kept.
pub(super) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = literal(rest).unwrap_or(0);
        if length > 0 {
            let (gone, after) = rest.split_at(length);
            out.extend(gone.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = after;
        } else if first.is_alphanumeric() || first == '_' {
            // A whole word at once, so that the `r` of `for` begins no raw string.
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            out.push_str(word);
            rest = after;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// Words, `::` and every other character that is no space.
pub(super) fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The length of the comment or literal that the text begins with.
fn literal(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(text.find("*/").map_or(text.len(), |end| end + 2));
    }
    let body = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let prefix = text.len() - body.len();
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let close = format!("\"{}", "#".repeat(hashes));
        let end = inside
            .find(&close)
            .map_or(inside.len(), |at| at + close.len());
        return Some(prefix + 1 + hashes + 1 + end);
    }
    if let Some(inside) = body.strip_prefix('"') {
        return Some(prefix + 1 + closing(inside, '"'));
    }
    let inside = body.strip_prefix('\'')?;
    // A lifetime has no closing quote behind its first character.
    let mut characters = inside.chars();
    let first = characters.next()?;
    (first == '\\' || characters.next() == Some('\'')).then(|| prefix + 1 + closing(inside, '\''))
}

/// One behind the closing quote.
fn closing(inside: &str, quote: char) -> usize {
    let mut characters = inside.char_indices();
    while let Some((at, c)) = characters.next() {
        if c == '\\' {
            characters.next();
        } else if c == quote {
            return at + 1;
        }
    }
    inside.len()
}

#[test]
fn comments_and_literals_are_blanked() {
    let text = "let a = \"crate::x \\\" y\"; // crate::x\nfor r in b'x' { r#\"crate::x\"#; 'a: loop {} /* \n */ } '\\''";
    assert!(!code(text).contains("crate::x"));
    let words: Vec<String> = code(text).split_whitespace().map(str::to_owned).collect();
    assert_eq!(words.join(" "), "let a = ; for r in { ; 'a: loop {} }");
    assert_eq!(code(text).lines().count(), text.lines().count());
}
