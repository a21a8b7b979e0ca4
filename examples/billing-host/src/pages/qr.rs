//! QR codes.

use std::fmt::Write;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use qrcode::{Color, EcLevel, QrCode};

/// Width of the blank border that readers require, in modules.
const QUIET_ZONE: usize = 4;

/// A QR code as an SVG image.
pub(super) struct QrImage(String);

/// Returns the QR code of a text, or `None` if the text is too long.
pub(super) fn encode(text: &str) -> Option<QrImage> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let size = width + 2 * QUIET_ZONE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\""
    );
    for (position, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (position % width + QUIET_ZONE, position / width + QUIET_ZONE);
            // Writing to a string cannot fail.
            let _ = write!(svg, "M{x} {y}h1v1h-1z");
        }
    }
    svg.push_str("\"/></svg>");
    Some(QrImage(svg))
}

impl IntoResponse for QrImage {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "image/svg+xml")], self.0).into_response()
    }
}
