//! A payment link as a picture that telephones read.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// A QR code as the path of an SVG picture, one unit a module.
pub(super) struct QrPath {
    /// Width and height with the quiet zone.
    pub(super) size: usize,
    pub(super) path: String,
}

/// The blank border readers rely on, in modules.
const QUIET: usize = 4;

/// The QR code of a text; `None` if it is too long for one.
pub(super) fn qr(text: &str) -> Option<QrPath> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (position, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (position % width + QUIET, position / width + QUIET);
            // Writing to a text cannot fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some(QrPath {
        size: width + 2 * QUIET,
        path,
    })
}
