//! Signatures over published sample bodies. The files are not part of this crate; the environment variable
//! `CASHFREE_REFERENCE_DIR` names their folder.

use test_support::reference_dir;

const VECTORS: [(&str, usize, &str, &str); 3] = [
    (
        "payment_link_event.partially_paid.json",
        1188,
        "1629271506000",
        "wVq8An2D8N2zTb6fNv/xbWzh4nbmeMfX9SLckknB+gY=",
    ),
    (
        "payment_failed.2025-01-01.json",
        1862,
        "1746427759733",
        "dSluYlyEvdBdxI9LHgp32D0vZEH7woaLaDRr8QrJVg0=",
    ),
    (
        "refund_status.2023-08-01.json",
        1165,
        "1746426425612",
        "92ePzMgeRe568QKXMSH+WktBzEDLQ4Gi/ZLLd1NJJUM=",
    ),
];

#[test]
fn published_bodies_get_the_known_signatures() {
    let Some(folder) = reference_dir("CASHFREE_REFERENCE_DIR", "no published body was checked")
    else {
        return;
    };
    for (file, length, timestamp, signature) in VECTORS {
        let path = folder.join("webhooks").join(file);
        let body =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(body.len(), length, "{file}");
        assert_eq!(
            cashfree_simulator::sign("cfsk_ma_test_secret", timestamp, &body),
            signature,
            "{file}"
        );
    }
}
