//! The page of slips: one file in HTML that needs nothing else, in sizes of paper.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// The languages of the words on slips: those of the platform's schools, the first one unless another is asked for.
pub(super) const LANGUAGES: [&str; 4] = ["en", "pt", "es", "el"];

/// What stands on slips, in each of these languages: the name, the password, and where to go.
const WORDS: [[&str; 3]; 4] = [
    ["Name", "Password", "Open"],
    ["Nome", "Senha", "Abra"],
    ["Nombre", "Contraseña", "Abre"],
    ["Όνομα", "Κωδικός", "Άνοιξε"],
];

/// What somebody gets handed.
pub(super) struct Slip {
    /// The name to log in with.
    pub(super) name: String,
    /// Without one, there is a line to write it on.
    pub(super) password: Option<String>,
}

/// Two columns of slips on A4 or Letter, cut along the dashes; each class begins on a sheet of its own.
const STYLE: &str = "\
@page { margin: 10mm }
body { font: 11pt/1.35 sans-serif; margin: 0; color: #000; background: #fff }
h1 { font-size: 14pt; margin: 0 0 3mm }
section { break-after: page; padding: 1mm }
section:last-of-type { break-after: auto }
.slips { display: grid; grid-template-columns: 1fr 1fr }
.slip { display: flex; gap: 3mm; border: 1px dashed #777; margin: 0 -1px -1px 0; padding: 4mm; min-height: 38mm;
        break-inside: avoid; box-sizing: border-box }
dl { flex: 1; margin: 0; min-width: 0 }
dt { font-size: 8pt; color: #444 }
dd { margin: 0 0 1.5mm; overflow-wrap: anywhere }
dd.word { font: bold 13pt monospace }
dd.blank { border-bottom: 1px solid #000; height: 7mm }
svg.code { width: 28mm; height: 28mm; flex: none }
";

/// The page, by class.
///
/// # Errors
/// If the address does not fit into a code.
pub(super) fn page(classes: &[(String, Vec<Slip>)], address: &str, language: &str) -> Result<String, String> {
    let at = LANGUAGES.iter().position(|known| *known == language).unwrap_or(0);
    let words = WORDS[at];
    let (size, squares) = code(address)?;
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n<title>ocariot-users</title>\n\
         <style>\n{STYLE}</style>\n\
         <svg width=\"0\" height=\"0\" aria-hidden=\"true\"><symbol id=\"code\" viewBox=\"-4 -4 {size} {size}\">\
         <path d=\"{squares}\"/></symbol></svg>\n",
        LANGUAGES[at]
    );
    for (class, slips) in classes {
        let _ = write!(page, "<section>\n<h1>{}</h1>\n<div class=\"slips\">\n", escaped(class));
        for slip in slips {
            page.push_str(&shown(slip, address, words));
        }
        page.push_str("</div>\n</section>\n");
    }
    page.push_str("</html>\n");
    Ok(page)
}

fn shown(slip: &Slip, address: &str, [name, word, open]: [&str; 3]) -> String {
    let password = match &slip.password {
        Some(password) => format!("<dd class=\"word\">{}</dd>", escaped(password)),
        None => "<dd class=\"blank\"></dd>".to_owned(),
    };
    format!(
        "<div class=\"slip\"><dl><dt>{name}</dt><dd class=\"word\">{}</dd><dt>{word}</dt>{password}\
         <dt>{open}</dt><dd>{}</dd></dl><svg class=\"code\" role=\"img\" aria-label=\"{}\"><use href=\"#code\"/></svg></div>\n",
        escaped(&slip.name),
        escaped(address),
        escaped(address)
    )
}

/// A QR code: how wide it is with the margin that readers need, and its dark squares as a path.
fn code(address: &str) -> Result<(usize, String), String> {
    let code = QrCode::with_error_correction_level(address, EcLevel::M)
        .map_err(|error| format!("the address fits into no QR code ({error}): give a shorter one"))?;
    let mut squares = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let _ = write!(squares, "M{} {}h1v1h-1z", at % code.width(), at / code.width());
        }
    }
    Ok((code.width() + 8, squares))
}

/// A text as HTML shows it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_names_as_they_are_and_needs_nothing_from_elsewhere() {
        let slip =
            |name: &str, password: Option<&str>| Slip { name: name.to_owned(), password: password.map(str::to_owned) };
        let slips = vec![slip("<b>Zoë & \"Co\"</b>", Some("balo-nido-47")), slip("BR0002", None)];
        let page = page(&[("4ª <a>".to_owned(), slips)], "https://school-box:3001", "pt").unwrap();
        assert!(page.contains("<h1>4ª &lt;a&gt;</h1>"));
        assert!(page.contains("<dd class=\"word\">&lt;b&gt;Zoë &amp; &quot;Co&quot;&lt;/b&gt;</dd>"));
        assert!(page.contains("<dt>Senha</dt><dd class=\"word\">balo-nido-47</dd>"));
        assert!(page.contains("<dt>Senha</dt><dd class=\"blank\"></dd>"));
        assert_eq!((page.matches("class=\"slip\"").count(), page.matches("<use href=\"#code\"/>").count()), (2, 2));
        for elsewhere in ["src=", "<script", "<link", "url(", "@import", "<b>"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn a_code_has_the_three_corners_that_readers_look_for() {
        let (size, squares) = code("https://school-box:3001").unwrap();
        let width = size - 8;
        let dark = |x: usize, y: usize| squares.contains(&format!("M{x} {y}h1v1h-1z"));
        for (left, top) in [(0, 0), (width - 7, 0), (0, width - 7)] {
            for (x, y) in (0..7).flat_map(|x| (0..7).map(move |y| (x, y))) {
                let ring = x == 0 || y == 0 || x == 6 || y == 6;
                let heart = (2..5).contains(&x) && (2..5).contains(&y);
                assert_eq!(dark(left + x, top + y), ring || heart, "{x} {y} of the corner at {left} {top}");
            }
        }
        assert!(code(&"x".repeat(5000)).is_err());
    }
}
