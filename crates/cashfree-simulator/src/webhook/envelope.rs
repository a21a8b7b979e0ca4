//! The envelope of all events except link events.

use jiff::Timestamp;
use serde::Serialize;

use crate::endpoint::EventType;
use crate::timestamp::ist;

#[derive(Serialize)]
struct Envelope<T> {
    data: T,
    event_time: String,
    #[serde(rename = "type")]
    event_type: EventType,
}

/// Serializes an event that happens now.
pub(super) fn serialize<T: Serialize>(
    data: T,
    event_type: EventType,
    now: Timestamp,
) -> serde_json::Result<String> {
    serde_json::to_string(&Envelope {
        data,
        event_time: ist(now),
        event_type,
    })
}

#[derive(Serialize)]
struct TestData {
    test_object: TestObject,
}

#[derive(Serialize)]
struct TestObject {
    test_key: &'static str,
}

/// Serializes the test event of an endpoint.
pub(super) fn test_ping(now: Timestamp) -> serde_json::Result<String> {
    let data = TestData {
        test_object: TestObject {
            test_key: "test_value",
        },
    };
    serialize(data, EventType::Ping, now)
}
