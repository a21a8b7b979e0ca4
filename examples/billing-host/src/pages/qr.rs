//! A text as a picture that telephones read.

use std::fmt::Write;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use qrcode::{Color, EcLevel, QrCode};

/// The blank border that readers rely on, in modules.
const QUIET: usize = 4;

/// A QR code as an SVG picture.
pub(super) struct Picture(String);

/// The QR code of a text; `None` if it is too long for one.
pub(super) fn qr(text: &str) -> Option<Picture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let size = width + 2 * QUIET;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\""
    );
    for (position, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (position % width + QUIET, position / width + QUIET);
            // Writing to a text cannot fail.
            let _ = write!(svg, "M{x} {y}h1v1h-1z");
        }
    }
    svg.push_str("\"/></svg>");
    Some(Picture(svg))
}

impl IntoResponse for Picture {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "image/svg+xml"),
            // A link never changes; another one has another address.
            (header::CACHE_CONTROL, "private, max-age=86400"),
        ];
        (headers, self.0).into_response()
    }
}
