//! Drafts: secrets that were typed into a refused form.
//!
//! The form is shown again with the secret encrypted in a hidden field, so that the user need not type it
//! twice and the page does not contain it in plain text. A draft decrypts only in the same session and for
//! the same field, in any process of the application.

use std::fmt;
use std::sync::Arc;

use axum_extra::extract::cookie;
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::session::Session;

/// Length of the nonce, in bytes.
const NONCE_BYTES: usize = 24;

/// Key that encrypts drafts. It never leaves the processes of the application.
#[derive(Clone)]
pub(crate) struct DraftKey(Arc<XChaCha20Poly1305>);

impl fmt::Debug for DraftKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DraftKey").finish_non_exhaustive()
    }
}

impl DraftKey {
    /// Derives the key from the session key, so that all processes share it.
    pub(crate) fn derive(sessions: &cookie::Key) -> Self {
        let key = Sha256::digest([sessions.signing(), b"drafts of forms"].concat());
        Self(Arc::new(XChaCha20Poly1305::new(&Key::from(
            <[u8; 32]>::from(key),
        ))))
    }

    /// Encrypts a secret for a session and a field. Returns base64url text.
    pub(crate) fn encrypt(
        &self,
        secret: &SecretString,
        session: &Session,
        field: &str,
    ) -> Option<String> {
        let nonce = XNonce::generate();
        let associated_data = associated_data(session, field);
        let payload = Payload {
            msg: secret.expose_secret().as_bytes(),
            aad: &associated_data,
        };
        let ciphertext = self.0.encrypt(&nonce, payload).ok()?;
        let mut bytes = nonce.to_vec();
        bytes.extend(ciphertext);
        Some(BASE64URL_NOPAD.encode(&bytes))
    }

    /// Decrypts a draft. Returns `None` if it was changed, or made for another session or field.
    pub(crate) fn decrypt(
        &self,
        draft: &str,
        session: &Session,
        field: &str,
    ) -> Option<SecretString> {
        let bytes = BASE64URL_NOPAD.decode(draft.as_bytes()).ok()?;
        let (nonce, ciphertext) = bytes.split_at_checked(NONCE_BYTES)?;
        let associated_data = associated_data(session, field);
        let payload = Payload {
            msg: ciphertext,
            aad: &associated_data,
        };
        let nonce = XNonce::try_from(nonce).ok()?;
        let plaintext = self.0.decrypt(&nonce, payload).ok()?;
        String::from_utf8(plaintext).ok().map(SecretString::from)
    }
}

fn associated_data(session: &Session, field: &str) -> Vec<u8> {
    [session.value().as_bytes(), b" ", field.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_decrypts_only_in_its_session_for_its_field_under_its_key() {
        let (key, here, there) = (
            DraftKey::derive(&cookie::Key::generate()),
            Session::new(true),
            Session::new(true),
        );
        let secret = SecretString::from("cfsk_canary");
        let draft = key.encrypt(&secret, &here, "client_secret").unwrap();
        assert!(!draft.contains("canary"));
        let decrypted = key.decrypt(&draft, &here, "client_secret").unwrap();
        assert_eq!(decrypted.expose_secret(), "cfsk_canary");
        assert!(key.decrypt(&draft, &there, "client_secret").is_none());
        assert!(key.decrypt(&draft, &here, "client_id").is_none());
        assert!(
            DraftKey::derive(&cookie::Key::generate())
                .decrypt(&draft, &here, "client_secret")
                .is_none()
        );
        for bad in ["", "AAAA", "not base64!", &draft[..draft.len() - 2]] {
            assert!(key.decrypt(bad, &here, "client_secret").is_none(), "{bad}");
        }
    }
}
