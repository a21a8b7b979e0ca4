//! What every event but a link's has around its data.

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

/// Writes an event that happened now.
pub(super) fn written<T: Serialize>(
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

/// Writes what an endpoint is sent to be tried out.
pub(super) fn test_ping(now: Timestamp) -> serde_json::Result<String> {
    let data = TestData {
        test_object: TestObject {
            test_key: "test_value",
        },
    };
    written(data, EventType::Ping, now)
}
