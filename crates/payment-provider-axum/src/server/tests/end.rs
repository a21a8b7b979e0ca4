//! The end of the server.

use tokio::io::duplex;
use tokio::time::Instant;

use super::{CUT_BODY, GET, HELD, Rig, hello, is_open, rest};

#[tokio::test(start_paused = true)]
async fn requests_under_way_have_20_seconds_at_the_end() {
    let mut rig = Rig::new(10);
    let mut held = rig.connect(HELD).await;
    let mut reading = rig.connect(CUT_BODY).await;
    drop(rig.end.take());
    let begun = Instant::now();
    assert_eq!(rest(&mut held).await, "");
    assert_eq!(rest(&mut reading).await, "");
    rig.server.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn requests_under_way_are_answered_at_the_end() {
    let mut rig = Rig::new(10);
    let mut running = rig.connect(HELD).await;
    let mut idle = rig.connect(GET).await;
    hello(&mut idle).await;
    drop(rig.end.take());
    assert_eq!(rest(&mut idle).await, "");
    assert!(!rig.server.is_finished());
    let (mut late, server) = duplex(64);
    assert!(rig.open.send(server).is_err() || !is_open(&mut late).await);
    rig.held.add_permits(1);
    assert!(rest(&mut running).await.ends_with("released"));
    rig.server.await.unwrap();
}
