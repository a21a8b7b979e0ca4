//! Secrets that were typed into a form which has to be shown again.
//!
//! They are given back to the form sealed, so that nobody has to type them twice and no page holds
//! them. What is sealed opens in the same session and for the same field, at whichever process of the
//! application.

use std::fmt;
use std::sync::Arc;

use axum_extra::extract::cookie;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::session::Session;

const NONCE: usize = 24;

/// The key of this application.
#[derive(Clone)]
pub(crate) struct DraftKey(Arc<XChaCha20Poly1305>);

impl fmt::Debug for DraftKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DraftKey").finish_non_exhaustive()
    }
}

impl DraftKey {
    /// A key that only who has the key of sessions has.
    pub(crate) fn derive(sessions: &cookie::Key) -> Self {
        let key = Sha256::digest([sessions.signing(), b"drafts of forms"].concat());
        Self(Arc::new(XChaCha20Poly1305::new(&Key::from(
            <[u8; 32]>::from(key),
        ))))
    }

    pub(super) fn seal(
        &self,
        secret: &SecretString,
        session: &Session,
        field: &str,
    ) -> Option<String> {
        let nonce = XNonce::generate();
        let place = place(session, field);
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &place,
        };
        let sealed = self.0.encrypt(&nonce, payload).ok()?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Some(BASE64URL_NOPAD.encode(&bytes))
    }

    pub(super) fn open(
        &self,
        sealed: &str,
        session: &Session,
        field: &str,
    ) -> Option<SecretString> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let place = place(session, field);
        let payload = Payload {
            msg: sealed,
            aad: &place,
        };
        let nonce = XNonce::try_from(nonce).ok()?;
        let opened = self.0.decrypt(&nonce, payload).ok()?;
        String::from_utf8(opened).ok().map(SecretString::from)
    }
}

fn place(session: &Session, field: &str) -> Vec<u8> {
    [session.as_bytes(), b" ", field.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::session::tests::session;
    use super::*;

    #[test]
    fn a_draft_opens_where_it_was_made_and_nowhere_else() {
        let (key, here, there) = (
            DraftKey::derive(&cookie::Key::generate()),
            session(),
            session(),
        );
        let secret = SecretString::from("cfsk_canary");
        let sealed = key.seal(&secret, &here, "client_secret").unwrap();
        assert!(!sealed.contains("canary"));
        let opened = key.open(&sealed, &here, "client_secret").unwrap();
        assert_eq!(opened.expose_secret(), "cfsk_canary");
        assert!(key.open(&sealed, &there, "client_secret").is_none());
        assert!(key.open(&sealed, &here, "client_id").is_none());
        assert!(
            DraftKey::derive(&cookie::Key::generate())
                .open(&sealed, &here, "client_secret")
                .is_none()
        );
        for bad in ["", "AAAA", "not base64!", &sealed[..sealed.len() - 2]] {
            assert!(key.open(bad, &here, "client_secret").is_none(), "{bad}");
        }
    }
}
